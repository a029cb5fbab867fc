package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// maxLayer is the greatest size of a layer in bytes. Codex has no limit; a
// configuration is a few kilobytes.
const maxLayer = 1 << 20

// A document is one layer as it was found.
type document struct {
	at      Source // of the layer as a whole
	state   LayerState
	err     *ConfigError
	values  table
	ignored []string
}

func absent(at Source) document { return document{at: at, state: LayerAbsent} }

func broken(err *ConfigError) document {
	at := err.Source()
	at.Line = 0
	return document{at: at, state: LayerBroken, err: err}
}

// parsed is the layer that a text holds.
func parsed(text []byte, at Source) document {
	values, err := parseDocument(text, at)
	if err != nil {
		return broken(err)
	}
	return document{at: at, state: LayerRead, values: values}
}

// drop takes away what has no effect in this layer.
func (d *document) drop(keys []string) {
	for _, key := range keys {
		if _, said := d.values[key]; said {
			d.ignored = append(d.ignored, key)
			delete(d.values, key)
		}
	}
}

// systemFolder is where the administrator's layers are. Another machine's are
// where Unix has them.
func (o Options) systemFolder() string {
	switch {
	case o.System != "":
		return o.System
	case o.ReadFile != nil:
		return "/etc/codex"
	}
	return systemFolder()
}

func (o Options) managedFolder() string {
	if o.System != "" || o.ReadFile != nil {
		return o.systemFolder()
	}
	return managedFolder()
}

// readFile reads the layer in one file; a missing one, and a folder that is not
// named, is an empty layer.
func (o Options) readFile(layer Layer, folder, name string) document {
	at, read := Source{Layer: layer, File: filepath.Join(folder, name)}, readFile
	if o.ReadFile != nil { // another machine's, and all of those have slashes
		at.File, read = path.Join(folder, name), o.ReadFile
	}
	if folder == "" {
		return absent(Source{Layer: layer})
	}
	text, err := read(at.File)
	var problem *ConfigError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent(at)
	case errors.As(err, &problem):
		problem.Layer, problem.File = layer, at.File
		return broken(problem)
	case err != nil:
		return broken(readError(at, err))
	}
	return parsed(text, at)
}

// readFile reads a regular file of at most maxLayer bytes. The kind is looked
// at first, for opening a pipe would wait for its writer.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &ConfigError{Problem: "is not a file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxLayer+1))
	if err == nil && len(text) > maxLayer {
		return nil, tooLarge(Source{})
	}
	return text, err
}

func tooLarge(at Source) *ConfigError {
	return &ConfigError{
		Layer: at.Layer, File: at.File, Preference: at.Preference,
		Problem: fmt.Sprintf("is larger than %d MiB", maxLayer>>20),
	}
}

func readOverrides(overrides []string) document {
	at := Source{Layer: LayerCommandLine}
	if len(overrides) == 0 {
		return absent(at)
	}
	d := document{at: at, state: LayerRead, values: table{}}
	for i, o := range overrides {
		if len(overrides) > 1 {
			at.Line = i + 1
		}
		if err := d.values.override(o, at); err != nil {
			return broken(err)
		}
	}
	return d
}
