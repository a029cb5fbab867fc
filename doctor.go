package main

import (
	"context"
	"errors"
	"os"
	"time"

	"codex-login/flows"
	"codex-login/flows/doctor"
	"codex-login/tui"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
)

// openPatience is how long CODEX_HOME may take to answer: on a network file
// system that is gone, it never does.
const openPatience = 5 * time.Second

// errUnwell says that something is wrong, as the report has it.
var errUnwell = errors.New("something is wrong")

// examiner is a skin for the doctor.
type examiner interface {
	Checked(doctor.Row)
	Examined(doctor.Report)
	Mended(doctor.Mended)
	NothingToFix()
	NotFixed()
	Again()
	GivenUp()
}

// cure is the command line of the doctor.
type cure struct{ fix, yes, offline bool }

func (o *options) doctorVerb() *cobra.Command {
	var x cure
	c := o.verb("doctor", func(c *cobra.Command) error { return o.doctor(c, x) })
	c.Long = c.Short + ".\n\n" + o.words.Say("command.doctor_long")
	f := c.Flags()
	f.BoolVar(&x.fix, "fix", false, o.words.Say("command.flag.fix"))
	f.BoolVar(&x.yes, "yes", false, o.words.Say("command.flag.yes_fix"))
	f.BoolVar(&x.offline, "offline", false, o.words.Say("command.flag.offline"))
	return c
}

func (o *options) doctor(c *cobra.Command, x cure) error {
	in := plain.NewInput(os.Stdin)
	if x.yes && !x.fix {
		return o.misused(c, "yes_needs_fix")
	}
	if x.fix && !x.yes && (o.json || !in.Terminal()) {
		return o.misused(c, "fix_needs_yes")
	}
	skin := o.examiner()
	report, err := o.examine(c.Context(), skin, x)
	if err != nil || !x.fix {
		return first(err, unwell(report))
	}
	fixes := report.Fixes()
	if len(fixes) == 0 {
		skin.NothingToFix()
		return unwell(report)
	}
	if !x.yes {
		sure, err := o.talker().AskFixes(c.Context(), in, fixes)
		if err != nil {
			return err
		}
		if !sure {
			skin.NotFixed()
			return unwell(report)
		}
	}
	for _, m := range doctor.Mend(c.Context(), fixes) {
		skin.Mended(m)
	}
	skin.Again()
	if report, err = o.examine(c.Context(), skin, x); err != nil {
		return err
	}
	return unwell(report)
}

func (o *options) examiner() examiner {
	if o.json {
		return o.events()
	}
	return o.talker()
}

// examine looks at everything once, and says it as it goes.
func (o *options) examine(ctx context.Context, skin examiner, x cure) (doctor.Report, error) {
	login, trouble := o.openWithin(openPatience)
	s := doctor.Here(os.Getenv)
	s.Trouble, s.Offline, s.Clipboard = trouble, x.offline, tui.ClipboardPrograms(os.Getenv)
	e := doctor.New(login, s)
	e.Run(ctx, skin.Checked)
	if ctx.Err() != nil {
		skin.GivenUp()
		return doctor.Report{}, flows.ErrCancelled
	}
	report := e.Report()
	skin.Examined(report)
	return report, nil
}

// openWithin is open for a CODEX_HOME that may never answer: then what is under
// way is left behind.
func (o *options) openWithin(limit time.Duration) (*flows.Login, error) {
	type opened struct {
		login *flows.Login
		err   error
	}
	done := make(chan opened, 1)
	go func() {
		login, err := o.open()
		done <- opened{login, err}
	}()
	select {
	case now := <-done:
		return now.login, now.err
	case <-time.After(limit):
		return nil, doctor.Late()
	}
}

// unwell is the exit code of a report.
func unwell(r doctor.Report) error {
	if r.Sound() {
		return nil
	}
	return errUnwell
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
