package credstore

import (
	"encoding/binary"
	"unicode/utf16"
)

// winCredLimit is CRED_MAX_CREDENTIAL_BLOB_SIZE in bytes.
const winCredLimit = 2560

// winCredTarget is the name under which Codex's keyring library files an entry.
func winCredTarget(service, account string) string { return account + "." + service }

// winCredBlob encodes a secret as that library does: UTF-16, little endian.
func winCredBlob(secret string) ([]byte, error) {
	units := utf16.Encode([]rune(secret))
	if 2*len(units) > winCredLimit {
		return nil, &keyringFault{ProblemTooBig, "the login is larger than Windows keeps in one credential (1280 characters)", nil}
	}
	blob := make([]byte, 0, 2*len(units))
	for _, u := range units {
		blob = binary.LittleEndian.AppendUint16(blob, u)
	}
	return blob, nil
}

func winCredText(blob []byte) (string, error) {
	if len(blob)%2 != 0 {
		return "", &keyringFault{ProblemCorrupt, "the credential is not UTF-16 text", nil}
	}
	units := make([]uint16, len(blob)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(blob[2*i:])
	}
	return string(utf16.Decode(units)), nil
}
