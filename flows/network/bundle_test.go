package network

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"unicode/utf16"
)

// bundleCase is a file and what becomes of it: its problem, or "" and whether a
// server of the right authority is trusted then.
type bundleCase struct {
	text    string
	problem BundleProblem
	block   int
	line    int
	trusts  bool
}

const garbageCRL = "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n"

// bundleCases are files around the certificates of two authorities, of which
// right has signed the server.
func bundleCases(t testing.TB) (right *authority, cases map[string]bundleCase) {
	t.Helper()
	for right == nil || len(right.cert.Raw)%3 != 1 { // base64 pads it
		right = newAuthority(t, "Right Root")
	}
	wrong := newAuthority(t, "Wrong Root")
	pem, other := right.pem, wrong.pem
	rows := strings.Split(strings.TrimSpace(pem), "\n")
	begin, end := rows[0], rows[len(rows)-1]
	body := strings.Join(rows[1:len(rows)-1], "")
	remade := func(between, last string) string { return begin + "\n" + between + "\n" + last + "\n" }
	der, err := x509.MarshalECPrivateKey(right.key)
	if err != nil {
		t.Fatal(err)
	}
	key := block("EC PRIVATE KEY", der)
	// What "openssl x509 -trustout" puts behind a certificate.
	aux, err := asn1.Marshal(struct {
		Trust []asn1.ObjectIdentifier
		Alias string `asn1:"utf8"`
	}{[]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 1}}, "right"})
	if err != nil {
		t.Fatal(err)
	}
	withAux := append(append([]byte(nil), right.cert.Raw...), aux...)
	rename := func(text, label string) string { return strings.ReplaceAll(text, "CERTIFICATE", label) }
	indented := strings.ReplaceAll(pem, "\n", "\n  ")
	var wide []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(pem))...) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	// Old company authorities have them; Go makes none.
	five := newAuthority(t, "Negative", func(c *x509.Certificate) { c.SerialNumber = big.NewInt(5) }).cert.Raw
	negative := block("CERTIFICATE", bytes.Replace(five, []byte{2, 1, 2, 2, 1, 5}, []byte{2, 1, 2, 2, 1, 0xfb}, 1))
	return right, map[string]bundleCase{
		"one":                             {text: pem, trusts: true},
		"another":                         {text: other},
		"several":                         {text: other + pem, trusts: true},
		"twice":                           {text: pem + pem, trusts: true},
		"trusted":                         {text: rename(pem, "TRUSTED CERTIFICATE"), trusts: true},
		"trusted with data":               {text: block("TRUSTED CERTIFICATE", withAux), trusts: true},
		"trusted with data, second":       {text: other + block("TRUSTED CERTIFICATE", withAux), trusts: true},
		"data without the label":          {text: block("CERTIFICATE", withAux), problem: BundleContent, block: 1, line: 1},
		"data, and the label elsewhere":   {text: block("TRUSTED CERTIFICATE", wrong.cert.Raw) + block("CERTIFICATE", withAux), trusts: true},
		"trusted, but no certificate":     {text: block("TRUSTED CERTIFICATE", []byte{0, 0, 0}) + pem, problem: BundleContent, block: 1, line: 1},
		"old label":                       {text: rename(pem, "X509 CERTIFICATE"), problem: BundleOtherBlock, block: 1, line: 1},
		"old label beside":                {text: rename(pem, "X509 CERTIFICATE") + pem, trusts: true},
		"binary":                          {text: string(right.cert.Raw), problem: BundleDER},
		"revocations only":                {text: garbageCRL, problem: BundleOtherBlock, block: 1, line: 1},
		"revocations beside":              {text: garbageCRL + pem, trusts: true},
		"revocations damaged":             {text: "-----BEGIN X509 CRL-----\n!!!!\n-----END X509 CRL-----\n" + pem, problem: BundleBase64, block: 1, line: 2},
		"key only":                        {text: "\n" + key, problem: BundleOtherBlock, block: 1, line: 2},
		"key beside":                      {text: key + pem, trusts: true},
		"key after":                       {text: pem + key, trusts: true},
		"key damaged":                     {text: pem + "-----BEGIN PRIVATE KEY-----\nAA\n*\n-----END PRIVATE KEY-----\n", problem: BundleBase64, block: 2, line: len(rows) + 3},
		"key with headers":                {text: "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n" + pem, problem: BundleBase64, block: 1, line: 2},
		"encrypted key":                   {text: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n!!\n-----END ENCRYPTED PRIVATE KEY-----\n" + pem, trusts: true},
		"unknown block, damaged":          {text: "-----BEGIN FOO-----\n!!!!\n-----END FOO-----\n" + pem, trusts: true},
		"unknown block, cut off":          {text: pem + "-----BEGIN FOO-----\nAAAA\n", problem: BundleNoEnd, block: 2, line: len(rows) + 1},
		"PKCS7":                           {text: "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", problem: BundleOtherBlock, block: 1, line: 1},
		"headers":                         {text: begin + "\nX-Info: a\n\n" + body + "\n" + end + "\n", problem: BundleBase64, block: 1, line: 2},
		"empty":                           {problem: BundleEmpty},
		"prose":                           {text: "no certificate here\n", problem: BundleNoBlock},
		"prose around":                    {text: "# mine\nSubject: x\n" + pem + "that was it\n", trusts: true},
		"prose in another encoding":       {text: "M\xfcller\n" + pem, trusts: true},
		"prose that speaks of the label":  {text: "# TRUSTED CERTIFICATE\n" + pem, trusts: true},
		"CR LF":                           {text: strings.ReplaceAll(pem, "\n", "\r\n"), trusts: true},
		"CR":                              {text: strings.ReplaceAll(pem, "\n", "\r"), trusts: true},
		"no last line end":                {text: strings.TrimSpace(pem), trusts: true},
		"trailing spaces":                 {text: strings.ReplaceAll(pem, "\n", "  \n"), trusts: true},
		"trailing tab after BEGIN":        {text: strings.Replace(pem, "-----\n", "-----\t\n", 1), problem: BundleBegin, block: 1, line: 1},
		"tab inside":                      {text: begin + "\n" + body[:8] + "\t" + body[8:] + "\n" + end + "\n", trusts: true},
		"form feed inside":                {text: begin + "\n" + body[:8] + "\f" + body[8:] + "\n" + end + "\n", trusts: true},
		"empty lines":                     {text: strings.ReplaceAll(pem, "\n", "\n\n"), trusts: true},
		"one long line":                   {text: remade(body, end), trusts: true},
		"four characters a line":          {text: remade(strings.Join(chunks(body, 4), "\n"), end), trusts: true},
		"three characters a line":         {text: remade(strings.Join(chunks(body, 3), "\n"), end), trusts: true},
		"indented":                        {text: "  " + indented, problem: BundleIndented, line: 1},
		"indented content":                {text: begin + "\n  " + body + "\n" + end + "\n", trusts: true},
		"indented END":                    {text: remade(body, " "+end), problem: BundleBase64, block: 1, line: 3},
		"byte order mark":                 {text: "\ufeff" + pem, problem: BundleMark, line: 1},
		"byte order mark, and another":    {text: "\ufeff" + other + pem, trusts: true},
		"UTF-16":                          {text: string(wide), problem: BundleEncoding},
		"small letters":                   {text: strings.NewReplacer("BEGIN CERTIFICATE", "begin certificate", "END CERTIFICATE", "end certificate").Replace(pem), problem: BundleNoBlock},
		"text after BEGIN":                {text: strings.Replace(pem, "-----\n", "----- x\n", 1), problem: BundleBegin, block: 1, line: 1},
		"text after END":                  {text: strings.TrimSpace(pem) + "xyz\n", trusts: true},
		"END with four dashes":            {text: remade(body, end[:len(end)-1]), problem: BundleBase64, block: 1, line: 3},
		"BEGIN with four dashes":          {text: strings.Replace(pem, "-----\n", "----\n", 1), problem: BundleBegin, block: 1, line: 1},
		"BEGIN with six dashes":           {text: strings.Replace(pem, "-----\n", "------\n", 1), problem: BundleBegin, block: 1, line: 1},
		"BEGIN of prose":                  {text: "-----BEGIN HELLO\n" + pem, problem: BundleBegin, block: 1, line: 1},
		"dashes of prose":                 {text: "-----\n----- hello\n" + pem, trusts: true},
		"END behind the content":          {text: begin + "\n" + body + end + "\n", problem: BundleBase64, block: 1, line: 2},
		"all in one line":                 {text: begin + body + end + "\n", problem: BundleNoEnd, block: 1, line: 1},
		"END of another":                  {text: remade(body, "-----END FOO-----"), problem: BundleBase64, block: 1, line: 3},
		"END alone before":                {text: end + "\n" + pem, trusts: true},
		"content damaged":                 {text: remade("!!!!", end), problem: BundleBase64, block: 1, line: 2},
		"second content damaged":          {text: pem + remade("AAAA\n\n@", end), problem: BundleBase64, block: 2, line: len(rows) + 4},
		"of URLs":                         {text: remade("AA_-", end) + pem, problem: BundleBase64, block: 1, line: 2},
		"padding inside":                  {text: remade("AA==AAAA", end) + pem, problem: BundleBase64, block: 1, line: 1},
		"no certificate":                  {text: remade("AAAA", end), problem: BundleContent, block: 1, line: 1},
		"the second no certificate":       {text: pem + remade("AAAA", end), problem: BundleContent, block: 2, line: len(rows) + 1},
		"nothing in a block":              {text: begin + "\n" + end + "\n" + pem, problem: BundleContent, block: 1, line: 1},
		"zeros after":                     {text: remade(base64.StdEncoding.EncodeToString(append(append([]byte(nil), right.cert.Raw...), 0, 0)), end), problem: BundleContent, block: 1, line: 1},
		"no padding":                      {text: remade(strings.TrimRight(base64.StdEncoding.EncodeToString(right.cert.Raw), "="), end), trusts: true},
		"half the padding":                {text: remade(strings.TrimSuffix(base64.StdEncoding.EncodeToString(right.cert.Raw), "="), end), problem: BundleBase64, block: 1, line: 1},
		"too much padding":                {text: remade(base64.StdEncoding.EncodeToString(right.cert.Raw)+"==", end), problem: BundleBase64, block: 1, line: 1},
		"cut off":                         {text: pem[:200], problem: BundleNoEnd, block: 1, line: 1},
		"the second cut off":              {text: pem + other[:200], problem: BundleNoEnd, block: 2, line: len(rows) + 1},
		"cut off in the middle":           {text: other[:200] + "\n" + pem, problem: BundleNoEnd, block: 1, line: 1},
		"BEGIN twice":                     {text: begin + "\n" + pem, trusts: true},
		"two spaces before the label":     {text: strings.Replace(pem, "BEGIN ", "BEGIN  ", 1), problem: BundleNoEnd, block: 1, line: 1},
		"a space behind the label":        {text: rename(pem, "CERTIFICATE "), problem: BundleOtherBlock, block: 1, line: 1},
		"NUL":                             {text: begin + "\n\x00" + body + "\n" + end + "\n", problem: BundleBase64, block: 1, line: 2},
		"negative serial number beside":   {text: negative + pem, trusts: true},
		"an expired one beside":           {text: newAuthority(t, "Old", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(1) }).pem + pem, trusts: true},
		"the server's own alone":          {text: block("CERTIFICATE", right.server(nil).Certificates[0].Certificate[0])},
		"far more text than certificates": {text: strings.Repeat("# prose\n", 20000) + pem, trusts: true},
	}
}

func chunks(text string, n int) []string {
	var out []string
	for len(text) > n {
		out, text = append(out, text[:n]), text[n:]
	}
	return append(out, text)
}

func TestBundles(t *testing.T) {
	right, cases := bundleCases(t)
	for name, test := range cases {
		found, problem := parseBundle([]byte(test.text))
		switch {
		case problem == nil && test.problem != "":
			t.Errorf("%s: taken", name)
		case problem != nil && (problem.problem != test.problem || problem.block != test.block || problem.line != test.line):
			t.Errorf("%s: %s, block %d, line %d (%v)", name, problem.problem, problem.block, problem.line, problem.err)
		}
		trusts := false
		for _, c := range found {
			trusts = trusts || c.Equal(right.cert)
		}
		if trusts != test.trusts {
			t.Errorf("%s: the root is in it: %t", name, trusts)
		}
	}
}

// Nothing makes it panic; what it takes are certificates; where it points to is
// in the file.
func FuzzBundle(f *testing.F) {
	_, cases := bundleCases(f)
	for _, c := range cases {
		if len(c.text) < 4096 {
			f.Add([]byte(c.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, problem := parseBundle(text)
		if (problem == nil) != (len(found) > 0) {
			t.Fatalf("%d certificates and %v", len(found), problem)
		}
		for _, c := range found {
			if _, err := x509.ParseCertificate(c.Raw); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n") + 1
		if problem != nil && (problem.line > lines || problem.block > problem.line || problem.line < 0) {
			t.Fatalf("block %d, line %d of %d", problem.block, problem.line, lines)
		}
	})
}
