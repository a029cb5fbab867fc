package main

import (
	"errors"
	"io/fs"
	"os"

	"codex-login/credstore"
)

// absent returns an error where a file is already; "" is none.
func absent(file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fileTrouble("save", file, fs.ErrExist)
	}
	return nil
}

// writeNew writes a login to a file that only its owner may read. It replaces
// nothing: what is there may be readable for others, or lead elsewhere.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fileTrouble("save", file, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(file)
		return fileTrouble("save", file, err)
	}
	return nil
}

// fileTrouble is what the system said of a file that a person has named.
func fileTrouble(op, file string, err error) error {
	e := &credstore.Error{Problem: credstore.ProblemIO, Op: op, Place: credstore.Place{Kind: credstore.KindFile, Where: file}, Err: err}
	var path *fs.PathError
	if errors.As(err, &path) {
		e.Err = path.Err // the place is named already
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Problem = credstore.ProblemPermission
	case errors.Is(err, fs.ErrExist):
		e.Detail, e.Err = "there is a file already, and export replaces none", nil
	}
	return e
}
