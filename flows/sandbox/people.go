package sandbox

import "slices"

// Workspace is one place where a person can use Codex.
type Workspace struct {
	ID    string // the chatgpt_account_id of its tokens
	Name  string
	Plan  string // chatgpt_plan_type: plus, business, enterprise, …
	About string // one line for the pages and the demo
	// NoCodex makes every sign-in to this workspace end with OpenAI's
	// missing_codex_entitlement.
	NoCodex bool
	// OrgID and ProjectID are the API organisation behind it; empty when there
	// is none, and then no API key can be had for it.
	OrgID     string
	ProjectID string
	// NeedsSetup is an owner who has not finished the API platform's first
	// steps, which Codex's success page asks for.
	NeedsSetup bool
}

// Person is somebody who can sign in to the sandbox. There are no passwords.
type Person struct {
	ID         string // chatgpt_user_id
	Name       string
	Email      string
	About      string
	Workspaces []Workspace
}

// Seat is a person in one of their workspaces: who a sign-in becomes.
type Seat struct {
	Person    string // e-mail
	Workspace string // ID
}

// The workspaces of the sandbox.
const (
	MinaPersonalID  = "6f2c1d0e-5a41-4c0b-9d57-1b7a6c3e0a11"
	HarbourID       = "b3a9e7c4-08d2-4f6e-8c15-92d4f0e6b722"
	MeridianID      = "d81f40a6-7be3-4a95-b0c8-3f5e2a9c7d33"
	JonasPersonalID = "1c7e93b5-64f8-4d2a-a1e6-80b9d5c2f444"
	LakesideID      = "e405b82d-93a7-47c1-8f3d-c6a1e7092b55"
)

// Seats that tests and the demo use by name.
var (
	MinaPlus      = Seat{"mina@example.test", MinaPersonalID}   // a personal Plus plan
	MinaHarbour   = Seat{"mina@example.test", HarbourID}        // the same e-mail in a Business team
	JonasMeridian = Seat{"jonas@example.test", MeridianID}      // an Enterprise workspace
	JonasFree     = Seat{"jonas@example.test", JonasPersonalID} // a free plan
	LiLakeside    = Seat{"li.wei@example.test", LakesideID}     // a workspace without Codex
)

// People are the people of the sandbox, a fresh copy at each call.
func People() []Person {
	harbour := Workspace{
		ID: HarbourID, Name: "Harbour Works", Plan: "business", About: "Business team of twelve",
		OrgID: "org-sandboxharbour", ProjectID: "proj_sandboxharbour",
	}
	return []Person{
		{
			ID: "user-sandboxmina", Name: "Mina Park", Email: "mina@example.test",
			About: "One e-mail, two workspaces",
			Workspaces: []Workspace{
				{
					ID: MinaPersonalID, Name: "Personal", Plan: "plus", About: "Mina's own Plus plan",
					OrgID: "org-sandboxmina", ProjectID: "proj_sandboxmina",
				},
				harbour,
			},
		},
		{
			ID: "user-sandboxjonas", Name: "Jonas Weber", Email: "jonas@example.test",
			About: "Works in an Enterprise workspace",
			Workspaces: []Workspace{
				{
					ID: MeridianID, Name: "Meridian Labs", Plan: "enterprise", About: "Enterprise, with admin rules",
					OrgID: "org-sandboxmeridian", ProjectID: "proj_sandboxmeridian",
				},
				{ID: JonasPersonalID, Name: "Personal", Plan: "free", About: "Jonas's own free plan"},
			},
		},
		{
			ID: "user-sandboxli", Name: "Li Wei", Email: "li.wei@example.test",
			About: "A school that has not enabled Codex",
			Workspaces: []Workspace{
				{ID: LakesideID, Name: "Lakeside School", Plan: "edu", About: "Codex is not enabled here", NoCodex: true},
			},
		},
	}
}

// account is a Seat looked up.
type account struct {
	person    *Person
	workspace *Workspace
}

// directory is who can sign in to one server. It never changes after Start.
type directory []Person

func (d directory) person(email string) *Person {
	if i := slices.IndexFunc(d, func(p Person) bool { return p.Email == email }); i >= 0 {
		return &d[i]
	}
	return nil
}

func (d directory) account(s Seat) (account, bool) {
	p := d.person(s.Person)
	if p == nil {
		return account{}, false
	}
	for i := range p.Workspaces {
		if p.Workspaces[i].ID == s.Workspace {
			return account{p, &p.Workspaces[i]}, true
		}
	}
	return account{}, false
}

// workspace finds a workspace whoever is in it.
func (d directory) workspace(id string) *Workspace {
	for i := range d {
		for j := range d[i].Workspaces {
			if d[i].Workspaces[j].ID == id {
				return &d[i].Workspaces[j]
			}
		}
	}
	return nil
}
