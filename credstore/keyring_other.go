//go:build !linux && !darwin && !windows

package credstore

func systemKeyring() keyring { return goKeyring{keyringCallLimit} }

func systemFault(err error) error { return &keyringFault{ProblemUnavailable, "", err} }
