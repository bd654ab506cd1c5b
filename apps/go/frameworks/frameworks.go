//go:build frameworks

// Package frameworks names what only the stacks' own files import, so that `go mod tidy` in this
// module keeps it. It is never built.
package frameworks

import _ "github.com/gofiber/fiber/v3"
