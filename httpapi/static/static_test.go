package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/static"
)

func load(t *testing.T, files map[string]string) map[string]*static.File {
	t.Helper()
	folder := fstest.MapFS{}
	for name, content := range files {
		folder[name] = &fstest.MapFile{Data: []byte(content)}
	}
	loaded, err := static.Load(folder, "default-src 'none'")
	require.NoError(t, err)
	return loaded
}

func TestLoad(t *testing.T) {
	long := string(bytes.Repeat([]byte("let a = 1;\n"), 100))
	files := load(t, map[string]string{"index.html": "<p>", "vendor/a.js": long, "b.js": long + "// b", "logo.png": long})

	t.Run("files of inner folders have their path", func(t *testing.T) {
		require.Contains(t, files, "vendor/a.js")
		assert.Equal(t, "text/javascript; charset=utf-8", files["vendor/a.js"].Type)
		assert.Equal(t, long, string(files["vendor/a.js"].Content.Bytes))
	})
	t.Run("the policy goes with each", func(t *testing.T) {
		assert.Equal(t, "default-src 'none'", files["index.html"].Policy)
	})
	t.Run("what is packed unpacks to the same", func(t *testing.T) {
		packed := files["vendor/a.js"].Packed()
		require.Less(t, len(packed.Bytes), len(long))
		r, err := gzip.NewReader(bytes.NewReader(packed.Bytes))
		require.NoError(t, err)
		unpacked, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, long, string(unpacked))
	})
	t.Run("each content and each form of it has its tag", func(t *testing.T) {
		tags := map[string]bool{}
		for _, name := range []string{"vendor/a.js", "b.js"} {
			tags[files[name].Content.ETag] = true
			tags[files[name].Packed().ETag] = true
		}
		assert.Len(t, tags, 4)
		for tag := range tags {
			assert.Regexp(t, `^"[\w-]{20}"$`, tag)
		}
	})
	t.Run("the tag follows from the content alone", func(t *testing.T) {
		again := load(t, map[string]string{"c.js": long})
		assert.Equal(t, files["vendor/a.js"].Content.ETag, again["c.js"].Content.ETag)
	})
	t.Run("what would not become smaller is not packed", func(t *testing.T) {
		assert.Empty(t, files["index.html"].Packed().Bytes, "too short")
		assert.Empty(t, files["logo.png"].Packed().Bytes, "an image is packed already")
	})
}

func TestLoadRefusesWhatBrowsersWouldNotKnow(t *testing.T) {
	_, err := static.Load(fstest.MapFS{"app.ts": {}}, "")
	assert.EqualError(t, err, "app.ts: no media type is known for its ending")
}

func TestPages(t *testing.T) {
	folder := fstest.MapFS{"index.html": {Data: []byte("<p>")}, "vendor/a.js": {Data: []byte("let a;")}}
	pages, err := static.Pages(folder, "default-src 'none'", "/docs", "/docs/")
	require.NoError(t, err)
	require.Len(t, pages, 2)
	assert.Equal(t, "<p>", string(pages["/docs"].Content.Bytes))
	assert.Equal(t, "let a;", string(pages["/docs/vendor/a.js"].Content.Bytes))
}
