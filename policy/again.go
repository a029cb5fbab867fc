package policy

// Again is Load with what these rules were loaded with: somebody may have
// changed a file since.
func (r *Rules) Again() (*Rules, error) { return Load(r.options) }
