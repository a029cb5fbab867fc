package network

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"codex-login/assets/display"
)

// CertificateFileError says that a file of root certificates cannot be used.
type CertificateFileError struct {
	// Variable named it; "" is a path that a person gave, or one of the system.
	Variable, Path string
	// System: nobody has named it. The system keeps its roots there.
	System  bool
	Problem BundleProblem
	// Block and Line say where, counted from 1; 0 is nowhere in particular.
	// Label is what the block's BEGIN line says.
	Block, Line int
	Label       string
	Err         error // may be nil
}

func newCertificateFileError(variable, path string, p *bundleError) *CertificateFileError {
	return &CertificateFileError{
		Variable: variable, Path: path,
		Problem: p.problem, Block: p.block, Line: p.line, Label: display.Line(p.label, 40), Err: p.err,
	}
}

func (e *CertificateFileError) Error() string {
	s := e.Path + ": " + string(e.Problem)
	if e.Variable != "" {
		s = e.Variable + " names " + s
	}
	if e.Line > 0 {
		s += fmt.Sprintf(" (block %d, line %d)", e.Block, e.Line)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *CertificateFileError) Unwrap() error { return e.Err }

// certificateFileLimit is far above any bundle of certificates. Codex has none,
// and fills the memory.
const certificateFileLimit = 32 << 20

// readCertificateFile is the one way to a file of certificates, whoever names
// it. A pipe would wait for a writer, and a device may have no end: neither is
// opened.
func readCertificateFile(path string) ([]byte, *bundleError) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, fileFault(err)
	}
	switch {
	case about.IsDir():
		return nil, &bundleError{problem: BundleFolder}
	case about.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0: // Windows calls files in its cloud folders irregular
		return nil, &bundleError{problem: BundleSpecial}
	case about.Size() > certificateFileLimit:
		return nil, &bundleError{problem: BundleTooLarge}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileFault(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, certificateFileLimit+1))
	switch {
	case err != nil:
		return nil, fileFault(err)
	case len(text) > certificateFileLimit:
		return nil, &bundleError{problem: BundleTooLarge}
	}
	return text, nil
}

func fileFault(err error) *bundleError {
	problem := BundleFailed
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		problem = BundleMissing
	case errors.Is(err, syscall.EISDIR):
		problem = BundleFolder
	case errors.Is(err, syscall.ELOOP):
		problem = BundleLoop
	case errors.Is(err, fs.ErrPermission):
		problem = BundleUnreadable
	}
	return &bundleError{problem: problem, err: errors.Unwrap(err)}
}
