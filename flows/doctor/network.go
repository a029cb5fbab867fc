package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codex-login/flows/network"
)

// checkCertificates looks at the bundle of root certificates in force.
func checkCertificates(ctx context.Context, p *patient) []Finding {
	roots, err := p.login.Client.Roots(ctx)
	at := with{"Variable": variable(roots.Variable), "Path": p.path(roots.Path), "Count": count(roots.Certificates), "Expired": count(roots.Expired)}
	var bad *network.CertificateFileError
	switch {
	case errors.As(err, &bad):
		at["Variable"], at["Path"] = variable(bad.Variable), p.path(bad.Path)
		at["Cause"], at["Problem"] = wordOf("doctor.word.bundle_", bad.Problem), name(bundleKind(bad))
		at["Label"] = name(bad.Label)
		if bad.Line > 0 {
			at["Line"] = count(bad.Line)
		}
		if bad.Block > 0 {
			at["Block"] = count(bad.Block)
		}
		if bad.System {
			return []Finding{problem("system", at)}
		}
		return []Finding{problem("broken", at)}
	case err != nil:
		at["Cause"], at["Problem"] = cause(err), name("")
		return []Finding{problem("broken", at)}
	case roots.Variable == "":
		return []Finding{sound(at)}
	case roots.Expired > 0:
		return []Finding{note("expired", at)}
	}
	return []Finding{{Cause: "bundle", Severity: Sound, values: at}}
}

// bundleKind is what a file is in place of a bundle, as far as its problem, the
// label of its first block and its name tell.
func bundleKind(e *network.CertificateFileError) string {
	suffix := strings.ToLower(filepath.Ext(e.Path))
	binary := e.Problem == network.BundleDER
	switch {
	case binary && (suffix == ".p12" || suffix == ".pfx"):
		return "pkcs12"
	case binary && (suffix == ".p7b" || suffix == ".p7c"):
		return "pkcs7_der"
	case e.Problem == network.BundleOtherBlock && strings.HasPrefix(e.Label, "PKCS7"):
		return "pkcs7"
	case e.Problem == network.BundleOtherBlock && strings.HasSuffix(e.Label, "PRIVATE KEY"):
		return "key"
	}
	return string(e.Problem)
}

// checkPorts looks whether a browser can bring a sign-in back. Ports that one
// program holds are one finding.
func checkPorts(ctx context.Context, p *patient) []Finding {
	held := p.login.HeldPorts(ctx)
	all := len(p.login.CallbackPorts())
	var found []Finding
	for _, h := range held {
		if h.PID == os.Getpid() {
			continue // a sign-in of ours
		}
		at := with{"Port": count(h.Port), "PID": count(h.PID), "Program": name(h.Program)}
		why := "held"
		switch {
		case h.NoAddress():
			why = "no_address"
		case h.BySystem():
			why = "by_system"
		case h.Program == "":
			why = "held_unknown"
		}
		same := slices.IndexFunc(found, func(f Finding) bool { return f.Cause == why && f.values["PID"] == at["PID"] })
		if same >= 0 {
			found[same].values["Also"] = at["Port"]
			continue
		}
		f := note(why, at) // the other one is free
		if len(held) == all {
			f.Severity = Problem
		}
		found = append(found, f)
	}
	return or(found, nil)
}
