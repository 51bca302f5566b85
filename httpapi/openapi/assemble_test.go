package openapi_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"crms/httpapi/openapi"
)

var update = flag.Bool("update", false, "assemble openapi.json from its sources")

// members are those of the document, in the order in which it shows them. The
// sources are merged: what is under paths in one of them stands beside what is
// under paths in another.
var members = []string{"openapi", "info", "servers", "tags", "security", "paths", "components"}

// TestTheDocumentIsThatOfItsSources assembles openapi.json with -update.
func TestTheDocumentIsThatOfItsSources(t *testing.T) {
	sources, err := filepath.Glob("source/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	whole := &yaml.Node{Kind: yaml.MappingNode}
	for _, path := range sources {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		var source yaml.Node
		require.NoError(t, yaml.Unmarshal(content, &source), path)
		require.NoError(t, merge(whole, source.Content[0]), path)
	}
	var b bytes.Buffer
	e := jsontext.NewEncoder(&b, jsontext.WithIndent("  "))
	require.NoError(t, writeMembers(e, whole, inOrder(whole)))
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", b.Bytes(), 0o644))
		return
	}
	assert.Equal(t, b.String(), string(openapi.Document()), "run: go test ./httpapi/openapi -update")
}

// merge adds the members of one mapping to another, and those of mappings that
// both have likewise.
func merge(into, from *yaml.Node) error {
	for i := 0; i < len(from.Content); i += 2 {
		name, value := from.Content[i], from.Content[i+1]
		there := memberOf(into, name.Value)
		switch {
		case there == nil:
			into.Content = append(into.Content, name, value)
		case there.Kind != yaml.MappingNode || value.Kind != yaml.MappingNode:
			return fmt.Errorf("line %d: %s is in another source already", name.Line, name.Value)
		default:
			if err := merge(there, value); err != nil {
				return fmt.Errorf("%s: %w", name.Value, err)
			}
		}
	}
	return nil
}

func memberOf(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// inOrder lists the positions of the document's members as it shows them.
func inOrder(document *yaml.Node) []int {
	var positions []int
	for i := 0; i < len(document.Content); i += 2 {
		positions = append(positions, i)
	}
	slices.SortStableFunc(positions, func(a, b int) int {
		return slices.Index(members, document.Content[a].Value) - slices.Index(members, document.Content[b].Value)
	})
	return positions
}

func writeMembers(e *jsontext.Encoder, mapping *yaml.Node, positions []int) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, i := range positions {
		if err := e.WriteToken(jsontext.String(mapping.Content[i].Value)); err != nil {
			return err
		}
		if err := writeValue(e, mapping.Content[i+1]); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// writeValue writes a value of YAML as one of JSON. Numbers keep their digits.
func writeValue(e *jsontext.Encoder, node *yaml.Node) error {
	switch {
	case node.Kind == yaml.MappingNode:
		var positions []int
		for i := 0; i < len(node.Content); i += 2 {
			positions = append(positions, i)
		}
		return writeMembers(e, node, positions)
	case node.Kind == yaml.SequenceNode:
		if err := e.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
		for _, item := range node.Content {
			if err := writeValue(e, item); err != nil {
				return err
			}
		}
		return e.WriteToken(jsontext.EndArray)
	case node.Kind != yaml.ScalarNode:
		return fmt.Errorf("line %d: anchors and aliases are not taken", node.Line)
	case slices.Contains([]string{"!!null", "!!bool", "!!int", "!!float"}, node.ShortTag()):
		return e.WriteValue(jsontext.Value(node.Value))
	default:
		return e.WriteToken(jsontext.String(node.Value))
	}
}
