package tui

import (
	"errors"
	"io/fs"
	"os"

	"codex-login/credstore"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// importCmd stores a document as a sign-in does, and ends like one.
func importCmd(w *work, try attempt, l *flows.Login, text, passphrase credstore.Secret) tea.Cmd {
	return func() tea.Msg {
		receipt, err := hold(w, func() (flows.Receipt, error) {
			receipt, err := l.Import(try.ctx, []byte(text.Reveal()), passphrase)
			if err == nil {
				w.remember(past{receipt: &receipt})
			}
			return receipt, err
		})
		return finishedMsg{try.id, receipt, err}
	}
}

// errThere says that a file of that name is there already.
var errThere = errors.New("the file is there already")

type exportedMsg struct {
	attempt int
	path    string
	err     error
}

func exportCmd(w *work, try attempt, l *flows.Login, id, path string, passphrase credstore.Secret) tea.Cmd {
	return func() tea.Msg {
		_, err := hold(w, func() (struct{}, error) {
			document, err := l.Export(try.ctx, id, passphrase)
			if err == nil {
				err = writeNew(path, document)
			}
			return struct{}{}, err
		})
		return exportedMsg{try.id, path, err}
	}
}

// writeNew writes a file that only its owner may read. It replaces nothing: what
// is there may be readable for others, or lead elsewhere.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return errThere
	}
	if err == nil {
		_, err = f.Write(text)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(path)
		}
	}
	if err == nil {
		return nil
	}
	e := &credstore.Error{Problem: credstore.ProblemIO, Op: "save", Place: credstore.Place{Kind: credstore.KindFile, Where: path}, Err: err}
	if errors.Is(err, fs.ErrPermission) {
		e.Problem = credstore.ProblemPermission
	}
	return e
}
