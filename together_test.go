//go:build !windows

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestSwitchingAndRenewingTogether: many processes switch between accounts
// whose tokens are always due and renew them, at an issuer that ends a session
// whose refresh token it sees twice.
func TestSwitchingAndRenewingTogether(t *testing.T) {
	for _, processes := range []int{2, 10} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			p := newPerson(t, func(b *sandbox.Behaviour) {
				b.AccessLifetime, b.ReuseEndsSession = time.Minute, true
			})
			l := p.workers()
			book := credstore.OpenBook(l.Home, l.Mode())
			var ids []string
			for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour, sandbox.JonasMeridian} {
				a := seated(t, p, seat)
				ids = append(ids, credstore.ID(a))
				if err := book.Keep(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			if r := p.run("", "switch", ids[0]); r.code != 0 {
				t.Fatal(r)
			}
			var all sync.WaitGroup
			for i := range processes {
				all.Go(func() {
					for range 60 / processes {
						args := []string{"switch", ids[rand.IntN(len(ids))]}
						if i%2 == 0 {
							args = [][]string{{"status", "--verify"}, {"accounts", "--verify"}}[rand.IntN(2)]
						}
						if r := p.run("", args...); r.code != 0 {
							t.Errorf("%v: %+v", args, r)
						}
					}
				})
			}
			all.Wait()
			spent := 0
			for _, r := range p.issuer.RequestsTo(sandbox.Refresh) {
				var body struct {
					Token string `json:"refresh_token"`
				}
				if err := json.Unmarshal(r.Body, &body); err != nil {
					t.Fatal(err)
				}
				if n := p.issuer.RefreshUses(body.Token); n != 1 {
					t.Errorf("a token was seen %d times", n)
				}
				spent++
			}
			if spent == 0 {
				t.Error("nothing was renewed")
			}
			for _, a := range p.accounts("--verify") {
				if a.Ended != nil || a.Verified == nil || !a.Verified.Renewed {
					t.Errorf("%s does not work any more: %+v", a.ID, a)
				}
			}
			t.Logf("%d renewals by %d processes", spent, processes)
		})
	}
}
