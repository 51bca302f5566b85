//go:build !linux

package kv

import "github.com/stretchr/testify/require"

// closeLog closes the segment in use under the database.
func (p *plug) closeLog() {
	p.t.Helper()
	require.NoError(p.t, p.db.redo.current.file.Close())
}
