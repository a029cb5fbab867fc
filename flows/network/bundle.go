package network

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// BundleProblem is what is wrong with a file of root certificates.
type BundleProblem string

// The bundle problems. Those of a block have its number and line.
const (
	BundleMissing    BundleProblem = "missing"     // no such file
	BundleFolder     BundleProblem = "folder"      // a folder
	BundleSpecial    BundleProblem = "special"     // a pipe, a socket or a device
	BundleLoop       BundleProblem = "loop"        // symbolic links that lead to each other
	BundleUnreadable BundleProblem = "unreadable"  // the system does not let it be read
	BundleFailed     BundleProblem = "failed"      // reading it failed
	BundleSilent     BundleProblem = "silent"      // reading it did not end in time
	BundleTooLarge   BundleProblem = "too_large"   // more than 32 MiB
	BundleEmpty      BundleProblem = "empty"       // not a byte in it
	BundleDER        BundleProblem = "der"         // a certificate in binary form
	BundleEncoding   BundleProblem = "encoding"    // UTF-16 text
	BundleMark       BundleProblem = "mark"        // UTF-8 with a byte order mark before the BEGIN
	BundleNoBlock    BundleProblem = "no_block"    // text without any block
	BundleOtherBlock BundleProblem = "other_block" // blocks, none of them a certificate; the first is named
	BundleIndented   BundleProblem = "indented"    // something stands before the BEGIN of the line
	BundleBegin      BundleProblem = "begin"       // a BEGIN line that is not closed
	BundleNoEnd      BundleProblem = "no_end"      // a block without its END line
	BundleBase64     BundleProblem = "base64"      // a line that is not base64
	BundleContent    BundleProblem = "content"     // a block whose content is no certificate
)

// bundleError is a problem and where it is. Block counts from 1, in the order
// of the BEGIN lines; Line too, and it is that of the fault.
type bundleError struct {
	problem     BundleProblem
	block, line int
	label       string
	err         error
}

// The words of PEM. Codex 0.169 takes the label of OpenSSL's trusted
// certificates for the ordinary one, and leaves their trailing data.
const (
	pemBegin   = "-----BEGIN "
	pemEnd     = "-----END "
	pemDashes  = "-----"
	pemLabel   = "CERTIFICATE"
	pemTrusted = "TRUSTED CERTIFICATE"
)

// readsInside are the labels whose content Codex decodes, needed or not, so
// that a fault in it spoils the file. All others it passes over unread.
var readsInside = map[string]bool{
	pemLabel: true, "X509 CRL": true, "CERTIFICATE REQUEST": true,
	"PRIVATE KEY": true, "RSA PRIVATE KEY": true, "EC PRIVATE KEY": true, "PUBLIC KEY": true,
}

// readBundle reads the certificates of a file.
func readBundle(path string) ([]*x509.Certificate, *bundleError) {
	text, problem := readCertificateFile(path)
	if problem != nil {
		return nil, problem
	}
	return parseBundle(text)
}

// parseBundle takes and refuses what Codex 0.169 does (rustls-pki-types and
// what Codex does before it), only that it says why.
func parseBundle(text []byte) ([]*x509.Certificate, *bundleError) {
	p := bundleParser{trims: bytes.Contains(text, []byte(pemTrusted))}
	line := 0
	for rest := text; len(rest) > 0; {
		var content []byte
		content, rest = cutLine(rest)
		line++
		if err := p.take(string(content), line); err != nil {
			return nil, err
		}
	}
	switch {
	case p.open:
		return nil, p.fault(BundleNoEnd, p.begun, nil)
	case len(p.found) == 0:
		return nil, p.nothing(text)
	}
	return p.found, nil
}

// cutLine ends a line as LF, CR LF or CR does.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexAny(text, "\r\n")
	if i < 0 {
		return text, nil
	}
	if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
		return text[:i], text[i+2:]
	}
	return text[:i], text[i+1:]
}

type bundleParser struct {
	found []*x509.Certificate
	trims bool // data after a certificate is OpenSSL's, and left out

	open    bool // between BEGIN and END
	blocks  int
	begun   int // the line of the block's BEGIN
	label   string
	content strings.Builder

	other    bundleError // the first block that is no certificate
	indented int         // the first line with something before its BEGIN
}

func (p *bundleParser) fault(problem BundleProblem, line int, err error) *bundleError {
	return &bundleError{problem, p.blocks, line, p.label, err}
}

// take reads one line, which has no line end any more.
func (p *bundleParser) take(line string, number int) *bundleError {
	line = strings.ReplaceAll(line, pemTrusted, pemLabel)
	switch {
	case strings.HasPrefix(line, pemBegin):
		return p.begin(line, number)
	case p.open && strings.HasPrefix(line, pemEnd+p.label+pemDashes):
		return p.end()
	case p.open:
		return p.body(line, number)
	case p.indented == 0 && strings.Contains(line, pemBegin+pemLabel):
		p.indented = number
	}
	return nil
}

// begin: five dashes and spaces may follow the label, nothing else.
func (p *bundleParser) begin(line string, number int) *bundleError {
	if p.open && p.content.Len() > 0 {
		return p.fault(BundleNoEnd, p.begun, nil)
	}
	rest := strings.TrimRight(line[len(pemBegin):], " ")
	label := strings.TrimRight(rest, "-")
	p.blocks, p.begun, p.open, p.label = p.blocks+1, number, true, label
	if len(rest)-len(label) != len(pemDashes) {
		p.label = ""
		return p.fault(BundleBegin, number, nil)
	}
	return nil
}

// body gathers base64. A line is held against the alphabet here, where its
// number is known.
func (p *bundleParser) body(line string, number int) *bundleError {
	line = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\f' {
			return -1
		}
		return r
	}, line)
	if readsInside[p.label] && strings.IndexFunc(line, notBase64) >= 0 {
		return p.fault(BundleBase64, number, nil)
	}
	p.content.WriteString(line)
	return nil
}

func notBase64(r rune) bool {
	return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=')
}

func (p *bundleParser) end() *bundleError {
	content := p.content.String()
	p.content.Reset()
	p.open = false
	if !readsInside[p.label] {
		p.note()
		return nil
	}
	encoding := base64.RawStdEncoding // the padding may be there or not
	if strings.HasSuffix(content, "=") {
		encoding = base64.StdEncoding
	}
	der, err := encoding.DecodeString(content)
	if err != nil {
		return p.fault(BundleBase64, p.begun, nil)
	}
	if p.label != pemLabel {
		p.note()
		return nil
	}
	if p.trims {
		var first asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &first); err == nil {
			der = der[:len(der)-len(rest)]
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return p.fault(BundleContent, p.begun, err)
	}
	p.found = append(p.found, c)
	return nil
}

func (p *bundleParser) note() {
	if p.other.problem == "" {
		p.other = *p.fault(BundleOtherBlock, p.begun, nil)
	}
}

// nothing says why there is no certificate in text.
func (p *bundleParser) nothing(text []byte) *bundleError {
	_, binary := x509.ParseCertificates(text)
	switch {
	case len(text) == 0:
		return &bundleError{problem: BundleEmpty}
	case binary == nil:
		return &bundleError{problem: BundleDER}
	case len(text) > 1 && (text[0] == 0xff && text[1] == 0xfe || text[0] == 0xfe && text[1] == 0xff):
		return &bundleError{problem: BundleEncoding}
	case p.indented == 1 && bytes.HasPrefix(text, []byte("\ufeff"+pemBegin)):
		return &bundleError{problem: BundleMark, line: 1}
	case p.indented > 0:
		return &bundleError{problem: BundleIndented, line: p.indented}
	case p.blocks > 0:
		return &p.other
	case text[0] == 0x30 && !utf8.Valid(text):
		return &bundleError{problem: BundleDER}
	}
	return &bundleError{problem: BundleNoBlock}
}
