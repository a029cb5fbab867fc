package network

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// What is wrong with the file itself, and not with what is in it.
func TestCertificateFiles(t *testing.T) {
	folder := t.TempDir()
	shut, large, loop := written(t, "x"), written(t, ""), filepath.Join(folder, "loop")
	if err := os.Chmod(shut, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, certificateFileLimit+1); err != nil {
		t.Fatal(err)
	}
	want := map[string]BundleProblem{
		folder:                        BundleFolder,
		filepath.Join(folder, "none"): BundleMissing,
		filepath.Join(shut, "below"):  BundleMissing,
		large:                         BundleTooLarge,
	}
	if os.Getuid() > 0 { // root reads everything
		want[shut] = BundleUnreadable
	}
	if runtime.GOOS != "windows" {
		if err := os.Symlink(loop, loop); err != nil {
			t.Fatal(err)
		}
		want[loop], want["/dev/zero"] = BundleLoop, BundleSpecial
	}
	for path, want := range want {
		_, err := readTrust(environment(map[string]string{"SSL_CERT_FILE": path}), "").wait(t.Context(), filesLimit)
		file, ok := err.(*CertificateFileError)
		if !ok || file.Problem != want || file.Variable != "SSL_CERT_FILE" || file.Path != path {
			t.Errorf("%s: %v", want, err)
		}
	}
}
