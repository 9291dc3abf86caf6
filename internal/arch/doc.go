// Package arch holds the rules of the house as data, and tests that the code keeps them: which package may
// import which, what the pure packages must not touch, and a few habits that are easier kept by a test than by
// readers (no init functions, no registries, no sleeping in tests).
//
// It has no code of its own and nothing imports it. To add a package, add its row to layers in rules_test.go;
// a row that widens what a package may import changes the design, and says why.
package arch
