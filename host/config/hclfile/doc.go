// Package hclfile writes configuration files, for programs that make them out of
// something else: what another scheduler has, or schedules that were made over the API.
//
// What it writes package config reads again as what it was: any text is quoted so that
// nothing in it is taken for an expression. Texts are in Unicode's normal form C when
// they are read, as all texts of HCL are.
//
// It decides nothing about what a file should say, does not check it, and does not edit
// files that people wrote. No type of the HCL library appears in its API.
package hclfile
