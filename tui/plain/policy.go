package plain

import (
	"errors"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/policy"
)

// Policy says what rules and settings are in force. problem is why nobody can
// sign in under them; nil while somebody can.
func (l *Lines) Policy(r flows.Ruling, problem error) {
	if problem != nil {
		l.Failed(problem)
	}
	for _, note := range r.Notes {
		l.data(note)
	}
	for _, s := range r.FromProject {
		l.data(flows.ProjectNote(l.Say, s))
	}
	for _, s := range r.Settings {
		l.setting(s)
	}
	l.data("")
	l.data(l.Say.Say("rules.layers") + ":")
	for _, layer := range r.Layers {
		l.data(l.Say.Say("plain.next", "Step", flows.LayerText(l.Say, layer)))
		if layer.State == policy.LayerUntrusted {
			l.data("  " + l.Say.Say("rules.trust"))
		}
	}
	if r.Cloud {
		l.data("")
		l.data(l.Say.Say("rules.cloud"))
	}
	if r.Unchecked != nil {
		l.data("")
		l.data(flows.UncheckedText(l.Say, r.Unchecked))
	}
	if r.Breaks() && problem == nil {
		l.data("")
		l.refusal(r.Refused)
	}
}

// setting is a value, who set it, what that overrules and what it means.
func (l *Lines) setting(s policy.Setting) {
	l.data(s.Key + " = " + flows.EffectiveText(l.Say, s))
	if meaning := flows.Meaning(l.Say, s); meaning != "" {
		l.data("  " + meaning)
	}
	for _, line := range flows.SettingSources(l.Say, s, func(s policy.Source) policy.Source { return s }) {
		l.data("  " + line)
	}
}

// Policy writes what is in force as one object without an event name.
func (e *Events) Policy(r flows.Ruling, problem error) {
	out := struct {
		head
		Settings    []settingJSON `json:"settings"`
		Layers      []layerJSON   `json:"layers"`
		Conflict    *failure      `json:"conflict"`
		Error       *failure      `json:"error"`
		Login       *refusal      `json:"login"`
		Notes       []string      `json:"notes"`
		Unchecked   *refusal      `json:"unchecked"`
		FromProject []string      `json:"from_project"`
		Cloud       bool          `json:"cloud_policies"`
	}{head: head{Schema: Schema}, Settings: []settingJSON{}, Layers: []layerJSON{}, FromProject: []string{}, Cloud: r.Cloud, Unchecked: refusalOf(r.Unchecked), Notes: append([]string{}, r.Notes...)}
	for _, s := range r.Settings {
		out.Settings = append(out.Settings, e.settingOf(s))
	}
	for _, l := range r.Layers {
		one := layerJSON{
			Layer: string(l.Layer), File: known(l.File), Preference: known(l.Preference), State: string(l.State),
			Ignored: append([]string{}, l.Ignored...),
		}
		if l.Err != nil {
			one.Error = known(display.Clean(l.Err.Error()))
		}
		out.Layers = append(out.Layers, one)
	}
	for _, s := range r.FromProject {
		out.FromProject = append(out.FromProject, s.Key)
	}
	if r.Breaks() {
		out.Login = refusedBy(r.Refused)
	}
	if problem != nil {
		why := e.failure(problem)
		if conflict := new(policy.ConflictError); errors.As(problem, &conflict) {
			out.Conflict = &why
		} else {
			out.Error = &why
		}
	}
	e.write(out)
}

// settingJSON is a setting in JSON. Nothing that is a secret is in it: such a
// value is null.
type settingJSON struct {
	Key       string     `json:"key"`
	Value     *string    `json:"value"`
	Default   *string    `json:"default"`
	Fixed     bool       `json:"fixed"`
	Source    sourceJSON `json:"source"`
	Overrules []saidJSON `json:"overrode"`
	Meaning   *string    `json:"meaning"`
}

type saidJSON struct {
	Value  *string    `json:"value"`
	Source sourceJSON `json:"source"`
}

type sourceJSON struct {
	Layer      string  `json:"layer"`
	File       *string `json:"file"`
	Line       *int    `json:"line"`
	Preference *string `json:"preference"`
}

type layerJSON struct {
	Layer      string   `json:"layer"`
	File       *string  `json:"file"`
	Preference *string  `json:"preference"`
	State      string   `json:"state"`
	Error      *string  `json:"error"`
	Ignored    []string `json:"ignored"`
}

func (e *Events) settingOf(s policy.Setting) settingJSON {
	out := settingJSON{
		Key: s.Key, Default: known(s.Default), Fixed: s.Fixed, Source: sourceOf(s.Source()), Overrules: []saidJSON{},
		Meaning: known(flows.Meaning(e.Say, s)),
	}
	for i, said := range s.Said {
		value := &said.Value // "" is what it says
		if said.Hidden {
			value = nil
		}
		if i == 0 {
			out.Value = value
			continue
		}
		out.Overrules = append(out.Overrules, saidJSON{value, sourceOf(said.Source)})
	}
	if len(s.Said) == 0 && s.Unread == nil {
		out.Value = known(s.Default)
	}
	return out
}

func sourceOf(s policy.Source) sourceJSON {
	out := sourceJSON{Layer: string(s.Layer), File: known(display.Clean(s.File)), Preference: known(s.Preference)}
	if s.Line > 0 {
		out.Line = &s.Line
	}
	return out
}
