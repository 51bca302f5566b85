// Package static prepares files that are part of the program, so that a browser
// can be given them: their media types, their tags, their packed forms.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"path"
	"sync"
)

// File is one file, ready to be sent.
type File struct {
	Type    string // media type
	Content Form
	// Packed is the content in gzip; without bytes where that is not smaller. It
	// is packed when it is asked for first: a server that nobody looks at packs
	// nothing.
	Packed func() Form
	// Policy is what a page may load and do, as a Content-Security-Policy.
	Policy string
}

// Form is the bytes of a file as they are sent, and their ETag. A file that
// changes, with a new version of the program, has other tags.
type Form struct {
	Bytes []byte
	ETag  string
}

// Load reads every file under the folder, by its path in there. All share the
// policy.
func Load(folder fs.FS, policy string) (map[string]*File, error) {
	files := map[string]*File{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		mediaType, known := mediaTypes[path.Ext(name)]
		if !known {
			return fmt.Errorf("%s: no media type is known for its ending", name)
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		files[name] = &File{
			Type: mediaType.name, Policy: policy, Content: formOf(content),
			Packed: sync.OnceValue(func() Form { return pack(content, mediaType.packed) }),
		}
		return nil
	})
	return files, err
}

// Pages reads a folder as Load does, by the path of each file's URL: index.html
// is at home, everything else below another path, which ends with a slash.
func Pages(folder fs.FS, policy, home, below string) (map[string]*File, error) {
	files, err := Load(folder, policy)
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*File, len(files))
	for name, file := range files {
		if name == "index.html" {
			pages[home] = file
		} else {
			pages[below+name] = file
		}
	}
	return pages, nil
}

// mediaTypes are those of the endings that files may have. What the system
// knows of media types is left out of it: it differs from machine to machine.
var mediaTypes = map[string]struct {
	name   string
	packed bool // already
}{
	".html":        {"text/html; charset=utf-8", false},
	".js":          {"text/javascript; charset=utf-8", false},
	".mjs":         {"text/javascript; charset=utf-8", false},
	".css":         {"text/css; charset=utf-8", false},
	".json":        {"application/json", false},
	".webmanifest": {"application/manifest+json", false},
	".txt":         {"text/plain; charset=utf-8", false},
	".svg":         {"image/svg+xml", false},
	".ico":         {"image/x-icon", false},
	".png":         {"image/png", true},
	".webp":        {"image/webp", true},
	".woff2":       {"font/woff2", true},
}

func formOf(content []byte) Form {
	sum := sha256.Sum256(content)
	return Form{content, `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`}
}

// pack returns the content in gzip, or nothing when that gains nothing.
func pack(content []byte, already bool) Form {
	if already {
		return Form{}
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = w.Write(content)                               // into memory, which takes everything
	_ = w.Close()
	if b.Len() >= len(content) {
		return Form{}
	}
	return formOf(b.Bytes())
}
