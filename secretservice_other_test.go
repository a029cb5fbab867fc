//go:build !linux

package main

import "testing"

func secretService(t testing.TB) []string {
	missing(t, "a Secret Service, which only Linux has")
	return nil
}
