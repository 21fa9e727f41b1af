# Reads `go test -v ./...` and prints go test's own closing line of every
# package, all that a failed package said, and a summary. Exits 1 if anything
# failed, or was skipped: a skipped test is one that nobody ran.

/^ *--- PASS: / { passed++ }
/^ *--- FAIL: / { failed++ }
/^ *--- SKIP: / { skipped++; skips = skips $0 "\n" }

# A package's output stands in one piece and ends with its closing line.
/^(ok  |\?   |FAIL)\t/ || /^\t.*coverage: / {
	if ($1 == "FAIL") {
		broken++
		printf "%s", said
	}
	print
	fflush()
	said = ""
	compiler = 0
	packages++
	next
}
/^=== (RUN|PAUSE|CONT|NAME)/ || /^ *--- PASS: / || /^PASS$/ { compiler = 0; next }

# The compiler and vet speak between packages: "# package", then their lines.
/^# / { compiler = 1 }
compiler { print; next }
{ said = said $0 "\n" }

END {
	printf "%s", said # what no package closed: go test itself failed
	if (skipped) printf "skipped, and none may be:\n%s", skips
	printf "%d passed, %d failed, %d skipped, %d packages\n", passed, failed, skipped, packages
	exit failed || broken || skipped || !packages
}
