package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"crms/httpapi/auth"
	"crms/store/crm"
)

// tokenRequest is what the token to mint shall say, as typed.
type tokenRequest struct {
	role, email, userID string
	ttl                 time.Duration
}

func (p *program) newTokenCommand() *cobra.Command {
	var want tokenRequest
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Mint a token for the API",
		Long: `Mint a token (HS256) and print it alone. It is signed with the configured secret,
or else with the one that crms serve --dev keeps in the data folder.`,
		Example: `  crms token --role admin --email admin@example.com
  crms token --role customer --email asha@example.com --user-id USER-17 --ttl 15m
  curl -H "Authorization: Bearer $(crms token --role admin --email admin@example.com)" \
    http://localhost:5002/api/customers`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(cmd)
			if err != nil {
				return err
			}
			p.warn(s.Warnings)
			return p.printToken(cmd, s, want)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&want.role, "role", "", "`ROLE` of the bearer: admin, customer or service")
	flags.StringVar(&want.email, "email", "", "`EMAIL` address of the bearer")
	flags.StringVar(&want.userID, "user-id", "", "`ID` of the bearer at ATHS (default a new one)")
	flags.DurationVar(&want.ttl, "ttl", time.Hour, "`DURATION` for which the token is valid")
	return cmd
}

func (p *program) printToken(cmd *cobra.Command, s Settings, want tokenRequest) error {
	now := p.now()
	id, err := want.identity(now)
	if err != nil {
		return wrongUsage(cmd, err)
	}
	secret, err := signingSecret(s)
	if err != nil {
		return err
	}
	minter, err := auth.NewMinter(secret, s.JWTIssuer, s.JWTAudience)
	if err != nil {
		return err
	}
	token, err := minter.Mint(id, want.ttl, now)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

// identity checks the request; the error names every flag that is wrong.
func (want tokenRequest) identity(now time.Time) (auth.Identity, error) {
	var problems crm.Problems
	role, err := auth.ParseRole(want.role)
	if err != nil {
		problems.Add("--role", "must be admin, customer or service")
	}
	id := auth.Identity{
		UserID: crm.NewIDs().New(now).String(),
		Email:  crm.CleanEmail(&problems, "--email", want.email),
		Roles:  role,
	}
	if want.userID != "" {
		id.UserID = crm.CleanExternalID(&problems, "--user-id", want.userID)
	}
	if want.ttl < time.Second {
		problems.Add("--ttl", "must be at least 1s")
	}
	var wrong []error
	for _, problem := range problems {
		wrong = append(wrong, fmt.Errorf("%s %s", problem.Field, problem.Message))
	}
	return id, errors.Join(wrong...)
}

// signingSecret is the configured secret, else that of crms serve --dev.
func signingSecret(s Settings) (Secret, error) {
	if s.JWTSecret != nil {
		return s.JWTSecret, nil
	}
	secret, err := readDevSecret(s.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no secret to sign with: set %s, or start crms serve --dev first, which keeps one in %s",
			settingNamed("jwt-secret-file"), s.Data)
	}
	return secret, err
}
