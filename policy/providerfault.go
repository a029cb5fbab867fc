package policy

import (
	"maps"
	"slices"
	"strings"
)

// ProviderFault is a table in [model_providers] with which Codex does not
// start, whichever provider is active. A sign-in is no matter of it.
type ProviderFault struct {
	// ID is the table.
	ID Value[string]
	// Why is one of the Fault words, the end of a catalogue id.
	Why ProviderFaultKind
	// Key is the member that it is about; "" for none.
	Key string
}

// ProviderFaultKind is what is wrong with a provider's table.
type ProviderFaultKind string

// What is wrong with a provider's table, in the order in which it is looked for.
const (
	FaultReserved ProviderFaultKind = "reserved" // it bears the name of a built-in provider that takes none
	FaultForeign  ProviderFaultKind = "foreign"  // of a cloud's, it sets Key, which cannot be changed
	FaultAWS      ProviderFaultKind = "aws"      // aws beside auth, or for another provider
	FaultName     ProviderFaultKind = "name"     // no name
	FaultCommand  ProviderFaultKind = "command"  // auth without a command
	FaultTwice    ProviderFaultKind = "twice"    // auth beside Key, which is another credential
	FaultWire     ProviderFaultKind = "wire"     // a wire_api that Codex does not speak any more
)

const (
	wireKey       = "wire_api"
	awsKey        = "aws"
	responsesWire = "responses"
)

// providerMembers are those that Codex 0.169 knows. It passes over all others.
var providerMembers = []string{
	nameKey, baseURLKey, envKeyKey, instructionsKey, bearerTokenKey, authKey, needsLoginKey, wireKey, awsKey,
	"query_params", "http_headers", "env_http_headers", "request_max_retries", "stream_max_retries",
	"stream_idle_timeout_ms", "websocket_connect_timeout_ms", "supports_websockets", "project_id", "location", "credential_file",
}

// changeable are the members of a cloud's table that Codex lets a person set.
var changeable = map[ProviderKind][]string{
	ProviderBedrock:     {baseURLKey, authKey, "http_headers", awsKey},
	ProviderGoogleCloud: {baseURLKey, authKey, "http_headers", "project_id", "location", "credential_file"},
}

// providerFaults goes through every provider as it is after all layers.
func providerFaults(config, required table) []ProviderFault {
	ids := map[string]bool{}
	for _, t := range []table{config, required} {
		described, _ := t[providersKey].value.(table)
		for id := range described {
			ids[id] = true
		}
	}
	var out []ProviderFault
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		at, ok := providerEntry(config, required, id)
		members, isTable := at.value.(table)
		if !ok || !isTable {
			continue
		}
		if why, key := faultOf(id, members); why != "" {
			out = append(out, ProviderFault{ID: Value[string]{id, at.source}, Why: why, Key: key})
		}
	}
	return out
}

// faultOf is what Codex 0.169 refuses a provider's table for; "" for nothing.
func faultOf(id string, members table) (why ProviderFaultKind, key string) {
	b, isBuiltIn := builtIn[id]
	_, hasAuth := members[authKey]
	_, hasAWS := members[awsKey]
	switch {
	case b.kind == ProviderLocal, b.kind == ProviderOpenAI && firstSet(members, nil) != "":
		return FaultReserved, ""
	case b.kind == ProviderOpenAI:
		return "", ""
	case isBuiltIn:
		if key := firstSet(members, changeable[b.kind]); key != "" {
			return FaultForeign, key
		}
	case strings.TrimSpace(textOf(members[nameKey])) == "":
		return FaultName, nameKey
	case hasAWS:
		return FaultAWS, awsKey
	}
	if hasAWS && hasAuth {
		return FaultAWS, awsKey
	}
	if auth, ok := members[authKey].value.(table); ok {
		if strings.TrimSpace(textOf(auth[commandKey])) == "" {
			return FaultCommand, authKey + "." + commandKey
		}
		for _, other := range []string{envKeyKey, bearerTokenKey, needsLoginKey} {
			if isSet(members, other) {
				return FaultTwice, other
			}
		}
	}
	if isSet(members, wireKey) {
		return FaultWire, wireKey
	}
	return "", ""
}

// firstSet is the first member that is set and not among those, "" for none.
func firstSet(members table, but []string) string {
	for _, key := range providerMembers {
		if !slices.Contains(but, key) && isSet(members, key) {
			return key
		}
	}
	return ""
}

// isSet reports whether a member is there and is not what it would be anyway.
func isSet(members table, key string) bool {
	e, ok := members[key]
	if !ok {
		return false
	}
	switch key {
	case nameKey:
		return e.value != ""
	case wireKey:
		return e.value != responsesWire
	case needsLoginKey, "supports_websockets":
		return e.value != false
	}
	return true
}

func textOf(e entry) string {
	s, _ := e.value.(string)
	return s
}
