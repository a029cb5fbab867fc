package credstore

// sound takes the quick look.
func (b *Book) sound(f folder, active *Auth) bool {
	doubts, temps := b.doubts()
	if temps || f.temps || len(doubts) > 0 {
		return false
	}
	activeID := ""
	if active != nil {
		activeID = ID(active)
		if !f.cards[activeID] || b.leftover(f, ID(active), active) || b.leftover(f, SessionID(active), active) {
			return false
		}
	}
	for page, at := range f.pages {
		id := accountOf(page)
		if at == inFile|inKeyring || at == inFile && !f.cards[id] || id != activeID && f.pages[id] == 0 {
			return false
		}
	}
	for id := range f.cards {
		if id != activeID && f.pages[id] == 0 { // with an earlier session: seen above
			return false
		}
	}
	return true
}

// leftover reports whether a page may hold the active login's session, without
// asking the keyring.
func (b *Book) leftover(f folder, page string, active *Auth) bool {
	if f.pages[page]&inKeyring != 0 {
		return b.mayHold(page, active)
	}
	if f.pages[page] == 0 {
		return false
	}
	a, err := b.loadFile(page)
	return err == nil && a.session() == active.session()
}
