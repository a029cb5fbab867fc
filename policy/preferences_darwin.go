package policy

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ebitengine/purego"
)

const (
	coreFoundation = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
	encodingUTF8   = 0x08000100 // kCFStringEncodingUTF8
)

// preferences are the few calls into CoreFoundation. References travel as
// addresses: what they mean lies outside of Go's memory.
var preferences struct {
	newString func(allocator uintptr, text string, encoding uint32) uintptr
	copyValue func(key, application uintptr) uintptr
	typeOf    func(value uintptr) uint
	isString  func() uint
	length    func(text uintptr) int
	maxBytes  func(length int, encoding uint32) int
	bytes     func(text uintptr, buffer []byte, size int, encoding uint32) bool
	release   func(value uintptr)
}

// openPreferences looks the calls up, once. The library stays loaded.
var openPreferences = sync.OnceValue(func() error {
	library, err := purego.Dlopen(coreFoundation, purego.RTLD_LAZY|purego.RTLD_GLOBAL)
	if err != nil {
		return err
	}
	for name, call := range map[string]any{
		"CFStringCreateWithCString":         &preferences.newString,
		"CFPreferencesCopyAppValue":         &preferences.copyValue,
		"CFGetTypeID":                       &preferences.typeOf,
		"CFStringGetTypeID":                 &preferences.isString,
		"CFStringGetLength":                 &preferences.length,
		"CFStringGetMaximumSizeForEncoding": &preferences.maxBytes,
		"CFStringGetCString":                &preferences.bytes,
		"CFRelease":                         &preferences.release,
	} {
		address, err := purego.Dlsym(library, name)
		if err != nil {
			return err
		}
		purego.RegisterFunc(call, address)
	}
	return nil
})

// managedPreference reads one key of Codex's managed preferences.
func managedPreference(key string) (value string, ok bool, err error) {
	if err := openPreferences(); err != nil {
		return "", false, fmt.Errorf("CoreFoundation cannot be opened: %w", err)
	}
	name := preferences.newString(0, key, encodingUTF8)
	domain := preferences.newString(0, preferenceDomain, encodingUTF8)
	if name == 0 || domain == 0 {
		return "", false, errors.New("CoreFoundation makes no text")
	}
	defer preferences.release(name)
	defer preferences.release(domain)
	found := preferences.copyValue(name, domain)
	if found == 0 {
		return "", false, nil
	}
	defer preferences.release(found)
	if preferences.typeOf(found) != preferences.isString() {
		return "", false, errors.New("it is not a text")
	}
	buffer := make([]byte, preferences.maxBytes(preferences.length(found), encodingUTF8)+1)
	if !preferences.bytes(found, buffer, len(buffer), encodingUTF8) {
		return "", false, errors.New("it is not UTF-8")
	}
	for i, b := range buffer {
		if b == 0 {
			buffer = buffer[:i]
			break
		}
	}
	return string(buffer), true, nil
}
