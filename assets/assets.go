// Package assets holds what is embedded: the pages that the browser shows, the
// message catalogues and the wordmark. It is a leaf: every room may read it and
// it reads no other.
package assets

import "embed"

//go:embed messages pages
var files embed.FS
