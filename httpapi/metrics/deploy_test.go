package metrics

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite what tests hold to the code")

// families are all that a service tells, with a request counted.
func families(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	m, _ := watched(t)
	m.Requests.Begin()
	m.Requests.NoRoute().Answered(404, 0)
	return gather(t, m.registry)
}

// TestReadmeShowsTheMetrics rewrites the table of deploy/README.md with -update.
func TestReadmeShowsTheMetrics(t *testing.T) {
	const path, begin, end = "../../deploy/README.md", "<!-- metrics -->\n", "<!-- /metrics -->"
	readme, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, hasBegin := strings.Cut(string(readme), begin)
	shown, after, hasEnd := strings.Cut(rest, end)
	require.True(t, hasBegin && hasEnd, "%s has the lines %q and %q", path, begin, end)
	table := metricsTable(families(t))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+table+end+after), 0o644))
		return
	}
	assert.Equal(t, table, shown, "run: go test ./httpapi/metrics -run Readme -update")
}

func metricsTable(families map[string]*dto.MetricFamily) string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, name := range ownNames(families) {
		f := families[name]
		labels := ""
		if names := labelNames(f); names != nil {
			labels = "`" + strings.Join(names, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, strings.ToLower(f.GetType().String()), labels, f.GetHelp())
	}
	return b.String()
}

// TestNamesFollowTheConventions holds the names to those of Prometheus.
func TestNamesFollowTheConventions(t *testing.T) {
	all := families(t)
	for _, name := range ownNames(all) {
		kind := all[name].GetType()
		assert.Equal(t, kind == dto.MetricType_COUNTER, strings.HasSuffix(name, "_total"), "%s is a %s", name, kind)
		assert.Regexp(t, `^[A-Z1].*\.$`, all[name].GetHelp(), name)
	}
}

// alertRules is the part of Prometheus' rule files that is used.
type alertRules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr string
			For         time.Duration
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

func TestAlertsReferToMetricsThatExist(t *testing.T) {
	content, err := os.ReadFile("../../deploy/alerts.yml")
	require.NoError(t, err)
	var rules alertRules
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&rules))
	all := families(t)
	names := map[string]bool{}
	for _, group := range rules.Groups {
		assert.NotEmpty(t, group.Name)
		for _, rule := range group.Rules {
			assert.False(t, names[rule.Alert], "%s is there twice", rule.Alert)
			names[rule.Alert] = true
			assert.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
			requireKnownMetrics(t, all, rule.Alert, rule.Expr)
		}
	}
	assert.NotEmpty(t, names)
}

var metricInExpr = regexp.MustCompile(`\b((?:crms|go|process)_\w+)(?:\{([^}]*)\})?`)

// requireKnownMetrics wants each metric of the expression to exist, with the
// labels and the values of labels that it is chosen by.
func requireKnownMetrics(t *testing.T, all map[string]*dto.MetricFamily, alert, expr string) {
	t.Helper()
	used := metricInExpr.FindAllStringSubmatch(expr, -1)
	for _, use := range used {
		family := all[use[1]]
		if family == nil {
			family = all[regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(use[1], "")]
			require.Equal(t, dto.MetricType_HISTOGRAM, family.GetType(), "%s: there is no %s", alert, use[1])
		}
		for _, matcher := range regexp.MustCompile(`(\w+)(=~|!=|!~|=)"([^"]*)"`).FindAllStringSubmatch(use[2], -1) {
			assert.Contains(t, labelNames(family), matcher[1], "%s: %s", alert, use[0])
			if matcher[2] == "=" {
				assert.Contains(t, labelValues(family, matcher[1]), matcher[3], "%s: %s", alert, use[0])
			}
		}
	}
	assert.True(t, len(used) > 0 || strings.HasPrefix(expr, "up{"), "%s asks for nothing of crms", alert)
}

func TestReadmeRefersToMetricsThatExist(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	rules := regexp.MustCompile("`([^`\n]*crms_[^`\n]*)`").FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, rules)
	all := families(t)
	for _, rule := range rules {
		requireKnownMetrics(t, all, "README.md", rule[1])
	}
}
