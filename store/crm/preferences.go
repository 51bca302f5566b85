package crm

// CleanPreferences checks a customer's preferences, given as a compact and
// valid JSON object, against [MaxPreferences] bytes and [MaxPreferDepth] levels,
// the object itself being the first.
func CleanPreferences(p *Problems, field string, object []byte) {
	if len(object) > MaxPreferences {
		p.Add(field, "must have at most %d bytes as compact JSON", MaxPreferences)
	}
	if jsonDepth(object) > MaxPreferDepth {
		p.Add(field, "must nest at most %d levels deep", MaxPreferDepth)
	}
}

// jsonDepth is the deepest nesting of arrays and objects in valid JSON.
func jsonDepth(b []byte) int {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
