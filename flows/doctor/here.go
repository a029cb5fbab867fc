package doctor

import (
	"context"
	"os"
	"os/exec"
	"time"

	"golang.org/x/term"
)

// mostSaid is how much of a program's answer is read.
const mostSaid = 4 << 10

// Here are the surroundings of this process, with that environment.
func Here(getenv func(string) string) Surroundings {
	return Surroundings{
		Getenv: getenv, LookPath: exec.LookPath, Output: output,
		Size: func() (columns, rows int, ok bool) {
			columns, rows, err := term.GetSize(int(os.Stdout.Fd()))
			return columns, rows, err == nil
		},
	}
}

// output runs a program that ends by itself, or is ended with ctx.
func output(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 100 * time.Millisecond // a grandchild may hold the pipe
	said, err := cmd.Output()
	return string(said[:min(len(said), mostSaid)]), err
}
