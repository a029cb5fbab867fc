package sandbox

import "net/http"

// signedIn lets only a request with a live access token through.
func (s *Server) signedIn(next func(w http.ResponseWriter, auth map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		claims, ok := s.live(bearer(r))
		if !ok {
			writeError(w, http.StatusUnauthorized, "token_expired", "The access token is not one of the sandbox, or has expired.")
			return
		}
		auth, _ := claims[authClaim].(map[string]any)
		next(w, auth)
	}
}

// accountsCheck is what Codex's app-server asks after a sign-in; without this
// answer it reports the sign-in as failed.
func (s *Server) accountsCheck(w http.ResponseWriter, auth map[string]any) {
	id, _ := auth["chatgpt_account_id"].(string)
	name, plan := "Workspace", auth["chatgpt_plan_type"]
	if workspace := s.people.workspace(id); workspace != nil {
		name = workspace.Name
	}
	structure := "workspace"
	if plan == "plus" || plan == "free" {
		structure = "personal"
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"accounts": []any{map[string]any{
			"id": id, "name": name, "structure": structure, "plan_type": plan,
			"workspace_backend_origin": "https://chatgpt.com", "account_routing_override": "us",
		}},
		"account_ordering":   []any{id},
		"default_account_id": id,
	})
}

// usage says how much of the plan is used up.
func usage(w http.ResponseWriter, auth map[string]any) {
	window := func(seconds, percent int) map[string]any {
		return map[string]any{
			"used_percent": percent, "limit_window_seconds": seconds,
			"reset_after_seconds": seconds / 2, "reset_at": 0,
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"plan_type": auth["chatgpt_plan_type"],
		"rate_limit": map[string]any{
			"allowed": true, "limit_reached": false,
			"primary_window": window(5*3600, 12), "secondary_window": window(7*24*3600, 34),
		},
		"credits": map[string]any{"has_credits": false, "unlimited": false, "balance": nil},
	})
}

// noSocket is how a back end answers whom it does not know: it has a websocket,
// and this is not the way to it.
func noSocket(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	writeError(w, http.StatusUpgradeRequired, "upgrade_required", "The sandbox answers no questions for a model.")
}

func resetCredits(w http.ResponseWriter, _ map[string]any) {
	writeJSON(w, http.StatusOK, map[string]any{"credits": []any{}, "available_count": 0, "total_earned_count": 0})
}

func profile(w http.ResponseWriter, auth map[string]any) {
	writeJSON(w, http.StatusOK, map[string]any{"id": auth["chatgpt_user_id"], "stats": map[string]any{}})
}

func noPlugins(w http.ResponseWriter, _ map[string]any) {
	writeJSON(w, http.StatusOK, map[string]any{"plugins": []any{}, "pagination": map[string]any{"next_page_token": nil}})
}

func noSuggestions(w http.ResponseWriter, _ map[string]any) {
	writeJSON(w, http.StatusOK, map[string]any{"enabled": false, "plugins": []any{}})
}

// noRules says that a workspace's admin manages nothing. Codex asks for it in
// business and enterprise workspaces and does not start without an answer.
func noRules(w http.ResponseWriter, _ map[string]any) {
	writeJSON(w, http.StatusOK, map[string]any{})
}
