# Finds a JDK for apps/bin/panatorch and native-tests/bench/run, which source this file (Bash).

# Tells the release by the file "release" of a JDK: starting java to ask it takes as long as a whole program.
is_new_enough() {
  local line major
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while read -r line; do
    case $line in JAVA_VERSION=*)
      major=${line#*=\"}; major=${major%%[!0-9]*}
      [ "${major:-0}" -ge 25 ] && return 0
    esac
  done < "$1/release"
  return 1
}

home_of_java_on_path() {
  local java folder
  java=$(command -v java) || return 1
  while [ -L "$java" ]; do
    folder=$(dirname "$java")
    java=$(readlink "$java")
    case $java in /*) ;; *) java=$folder/$java ;; esac
  done
  cd -P "$(dirname "$java")/.." 2>/dev/null && pwd
}

# Puts the folder of a JDK 25 or newer into $jdk; ends the program named $1 with a message and status 2 if there is none.
find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" "$(home_of_java_on_path)" /usr/lib/jvm/* /usr/java/* /opt/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/*; do
    if [ -n "$home" ] && is_new_enough "$home"; then jdk=$home; return; fi
  done
  echo "$1: no JDK 25 or newer was found; install one, or set JAVA_HOME to its folder." >&2
  exit 2
}
