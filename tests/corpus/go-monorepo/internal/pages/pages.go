// Package pages reads templates.
package pages

import "html/template"

// Read returns those that fit a pattern.
func Read(pattern string) (*template.Template, error) { return template.ParseGlob(pattern) }
