package credstore

import (
	"encoding/hex"
	"strings"
)

// keychainLine is the longest command that `security -i` reads whole.
const keychainLine = 4096

// keychainCommand is the line that makes /usr/bin/security store an entry as
// Codex does, the plain text. On the command line the secret would be seen by
// every process; go-keyring's own writing adds a prefix that Codex cannot read.
func keychainCommand(service, account, secret string) (string, error) {
	line := "add-generic-password -U -s " + shellQuote(service) + " -a " + shellQuote(account) + " -w " + shellQuote(secret) + "\n"
	if strings.ContainsAny(secret, "\r\n\x00") {
		return "", &keyringFault{ProblemIO, "the login has a line break in it", nil}
	}
	if len(line) > keychainLine {
		return "", &keyringFault{ProblemTooBig, "the login is larger than macOS's security command takes (4096 bytes)", nil}
	}
	return line, nil
}

// keychainText undoes the hexadecimal form in which /usr/bin/security prints
// what is not ASCII. A login begins with a brace, so the forms cannot be mixed up.
func keychainText(printed string) string {
	if !strings.HasPrefix(printed, "7b") {
		return printed
	}
	if text, err := hex.DecodeString(printed); err == nil {
		return string(text)
	}
	return printed
}
