package tui

import "codex-login/assets/display"

// here says where the program runs, if that matters: shortly, and then with
// more about it.
func (e *env) here() []string {
	w := e.login.Where
	switch {
	case w.Codespace != "":
		return []string{e.say("frame.here.codespace")}
	case w.DevContainer:
		return []string{e.say("frame.here.dev_container")}
	case w.Mosh:
		return []string{e.say("frame.here.mosh")}
	case w.SSH != nil && w.SSH.Client.IsValid():
		return []string{e.say("frame.here.ssh"), e.say("frame.here.ssh_from", "Client", display.Clean(w.SSH.Client.String()))}
	case w.SSH != nil:
		return []string{e.say("frame.here.ssh")}
	case w.Container != "":
		return []string{e.say("frame.here.container"), e.say("frame.here.container_of", "Container", display.Clean(w.Container))}
	case w.WSL != 0:
		return []string{e.say("frame.here.wsl", "Version", w.WSL)}
	}
	return nil
}
