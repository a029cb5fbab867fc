package credstore

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timestampText is RFC 3339 with the liberties that chrono, Codex's date
// library, takes when it reads: blanks around, a blank for the T, single
// digits, an offset without colon, "UTC".
var timestampText = regexp.MustCompile(
	`^\s*(\d{4}|[+-]\d{4,6})-(\d{1,2})-(\d{1,2})(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\s*(?:([Zz]|(?i:UTC))|([+\-−])(\d\d):?(\d\d))\s*$`)

func parseTimestamp(text string) (time.Time, bool) {
	m := timestampText.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	n := make([]int, len(m))
	for i, digits := range m {
		n[i], _ = strconv.Atoi(digits)
	}
	nanos, _ := strconv.Atoi((strings.TrimPrefix(m[7], ".") + "000000000")[:9])
	second, leap := n[6], time.Duration(0)
	if second == 60 {
		second, leap = 59, time.Second
	}
	t := time.Date(n[1], time.Month(n[2]), n[3], n[4], n[5], second, nanos, time.UTC)
	if t.Month() != time.Month(n[2]) || t.Day() != n[3] || n[4] > 23 || n[5] > 59 || second > 59 || n[10] > 23 || n[11] > 59 {
		return time.Time{}, false
	}
	offset := time.Duration(n[10])*time.Hour + time.Duration(n[11])*time.Minute
	if m[9] == "+" {
		offset = -offset
	}
	return t.Add(offset + leap), true
}

// formatTimestamp writes UTC as chrono does: as many groups of three decimals
// as the value needs, and Z.
func formatTimestamp(t time.Time) string {
	layout := "2006-01-02T15:04:05.000000000Z"
	for nanos := t.Nanosecond(); nanos%1000 == 0 && strings.HasSuffix(layout, "000Z"); nanos /= 1000 {
		layout = strings.TrimSuffix(layout, "000Z") + "Z"
	}
	return t.UTC().Format(strings.Replace(layout, ".Z", "Z", 1))
}
