#!/bin/sh
# Gets the packages of pom.xml, holds them against the lock, and compiles. Runs in the folder that
# all is laid in. By hand: `sh build.sh lock` makes the lock of what came instead, and `sh build.sh
# test` tests the application's own parts.
set -eu

# Maven before 3.9 does not look at this variable by itself, and later ones would take it twice.
arguments=${MAVEN_ARGS-}
unset MAVEN_ARGS
# shellcheck disable=SC2086 # several words are meant
mvn --batch-mode --no-transfer-progress $arguments dependency:copy-dependencies

jars() {
  (cd lib && find . -name '*.jar' | sed 's|^\./||' | LC_ALL=C sort)
}
sums() {
  jars | (cd lib && xargs sha256sum)
}
if [ "${1-}" = lock ]; then
  sums >jars.sha256
  exit
fi
sums | diff jars.sha256 - || {
  echo 'the jars that came are not those of jars.sha256, line by line above' >&2
  exit 1
}

# What is compiled for one kind of machine, where nobody has to unpack it when he serves.
for jar in $(jars | grep -- -linux-); do
  jar xf "lib/$jar" META-INF/native
done

# Java reads a path in quotes from such a file, whatever is in it.
here=$(pwd | sed 's/[\\"]/\\&/g')
path=$here/classes$(jars | sed "s|^|:$here/lib/|" | tr -d '\n')
printf -- '-classpath "%s"\n' "$path" >class-path
if [ "${1-}" = test ]; then
  javac -d classes --release 21 @class-path application/*.java ApplicationTest.java
  exec java @class-path ApplicationTest
fi
javac -d classes --release 21 @class-path application/*.java Server.java
