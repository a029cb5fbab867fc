package flows

import "strings"

// inWSL reports whether this is a Linux inside of Windows, as its shells say.
func inWSL(getenv func(string) string) bool {
	return getenv("WSL_DISTRO_NAME") != "" || getenv("WSL_INTEROP") != ""
}

// systemRoot is where WSL has Windows, if nobody has moved it. The programs of
// Windows are not on PATH where wsl.conf says appendWindowsPath=false.
const systemRoot = "/mnt/c/Windows/System32/"

// windowsProgram finds a program of Windows out of WSL; "" if it is not there.
func windowsProgram(name, folder string, look func(string) (string, error)) string {
	for _, try := range []string{name, systemRoot + folder + name} {
		if found, err := look(try); err == nil {
			return found
		}
	}
	return ""
}

// windowsCommands show a page in the browser of Windows, the best first. WSL
// makes one command line of the words and quotes only those with blanks in
// them, so each program gets the address as that program reads it: & and % are
// special to cmd alone.
func windowsCommands(target string, look func(string) (string, error)) [][]string {
	var out [][]string
	add := func(name, folder string, words ...string) {
		if program := windowsProgram(name, folder, look); program != "" {
			out = append(out, append([]string{program}, words...))
		}
	}
	if wslview, err := look("wslview"); err == nil {
		out = append(out, []string{wslview, target})
	}
	// Between single quotes PowerShell expands nothing; it takes a typographic
	// quote for a quote, too.
	safe := strings.NewReplacer("'", "%27", "‘", "%E2%80%98", "’", "%E2%80%99", "‚", "%E2%80%9A", "‛", "%E2%80%9B", `"`, "%22").Replace(target)
	add("powershell.exe", "WindowsPowerShell/v1.0/", "-NoProfile", "-NonInteractive", "-Command", "Start-Process '"+safe+"'")
	add("rundll32.exe", "", "url.dll,FileProtocolHandler", safe)
	// A caret makes the next character plain. Before a percent sign it makes a
	// name of a variable that nobody has.
	caret := strings.NewReplacer("^", "^^", "&", "^&", "%", "^%", "<", "^<", ">", "^>", "|", "^|", "(", "^(", ")", "^)").Replace(safe)
	add("cmd.exe", "", "/c", "start", caret)
	return out
}
