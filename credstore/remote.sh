# The other end of a Remote, run by whatever POSIX shell is there. It reads
# requests from standard input, a line each, some followed by a document, and
# answers each with a text, a line break and the line "$token CODE". The token is
# set by whoever sends this script and is new each time, so that nothing in a
# document, and no greeting of a shell, can look like the end of an answer.
#
# No secret is ever in an argument, in a variable or in the environment: cat
# and dd move the documents. dd reads byte by byte, because what comes behind a
# document is the next request.
umask 077
LC_ALL=C
export LC_ALL
temp=
locked=
patience=120

answer() { printf '\n%s %s\n' "$token" "$1"; }
refuse() { printf '%s' "$2"; answer "$1"; }
forget() { [ -z "$temp" ] || rm -f "$temp"; temp=; }
has() { command -v "$1" >/dev/null 2>&1; }
within() { if has timeout; then timeout "$@"; else shift; "$@"; fi; }
limit() { within 10 "$@"; }

# request reads the next one. While Codex's locks are held it waits no longer
# than that, as does whatever moves a document: a connection that is dead on
# one side only would keep Codex here waiting for hours. A read of the shell's
# own cannot be timed everywhere, but one in another shell can; it takes no more
# than the line either.
request() {
	line=
	if [ -z "$locked" ]; then
		IFS= read -r line
	else
		line=$(within "$patience" sh -c 'IFS= read -r line && printf %s "$line"' 8>&- 9>&-)
	fi
}

# Not every shell runs its own trap on exit when a signal ends it.
trap forget EXIT
trap 'exit 1' HUP INT TERM PIPE

# environment asks the person's own shell for what its start files set: a
# command over ssh runs without most of them, Codex in a terminal does not. It
# reads no further than the end mark: what a start file left running may hold
# the output open. Some seds read a line ahead. The dot saves a line break at
# the end of CODEX_HOME.
environment() {
	case $SHELL in '' | *csh | */false | */nologin) return ;; esac
	for flags in -lic -lc; do
		said=$(limit "$SHELL" "$flags" 'printf "\n%s\n%s.\n%s\n%s\n%s\n\n" codex-login-home "$CODEX_HOME" codex-login-path "$PATH" codex-login-end' </dev/null 2>/dev/null |
			sed -n '/^codex-login-home$/,/^codex-login-end$/p;/^codex-login-end$/q')
		case $said in *codex-login-end) ;; *) continue ;; esac
		set_home=$(printf '%s\n' "$said" | sed '1d;/^codex-login-path$/,$d')
		set_home=${set_home%.}
		set_path=$(printf '%s\n' "$said" | sed '1,/^codex-login-path$/d' | sed -n 1p)
		[ -z "$set_path" ] || PATH=$set_path:$PATH
		return
	done
}
set_home=
environment
home=${set_home:-$CODEX_HOME}
named=yes
[ -n "$home" ] || { home=$HOME/.codex; named=no; }

writable() {
	dir=$home
	while [ ! -e "$dir" ] && [ "$dir" != / ]; do dir=$(dirname "$dir"); done
	[ -d "$dir" ] && [ -w "$dir" ] && [ -x "$dir" ]
}

plain() { printf '%s' "$1" | tr -d '\000-\037\177'; }
fact() { printf '%s=%s\n' "$1" "$(plain "$2")"; }
facts() {
	fact os "$(uname -s 2>/dev/null)"
	fact user "$(id -un 2>/dev/null)"
	fact home "$home"
	fact named "$named"
	[ ! -d "$home" ] || fact exists yes
	[ -z "$HOME$set_home$CODEX_HOME" ] || fact known yes
	[ "$(plain "$home")" = "$home" ] || fact odd yes
	! writable || fact writable yes
	! has flock || fact locks yes
	codex=$(command -v codex 2>/dev/null)
	case $codex in
	/*) fact codex "$codex"; fact version "$(limit "$codex" --version </dev/null 2>/dev/null | sed -n 1p)" ;;
	*) codex= ;;
	esac
}

# locate sets file to what a request names.
locate() {
	case $1 in
	auth) file=$home/auth.json ;;
	config) file=$home/config.toml ;;
	system) file=/etc/codex/config.toml ;;
	managed) file=/etc/codex/managed_config.toml ;;
	requirements) file=/etc/codex/requirements.toml ;;
	page) file=$home/codex-login/accounts/$2.json ;;
	unreadable) file=$home/codex-login/unreadable/auth-$2.json ;;
	esac
}

show() {
	locate "$1" "$2"
	dir=$(dirname "$file")
	if [ -d "$dir" ] && [ ! -x "$dir" ]; then
		refuse failed "$dir: Permission denied"
	elif [ ! -e "$file" ]; then
		answer none
	elif [ ! -f "$file" ]; then
		answer odd
	elif [ "$(wc -c <"$file" 2>/dev/null || echo 0)" -gt 1048576 ]; then
		answer big
	elif [ ! -r "$file" ]; then
		refuse failed "$file: Permission denied"
	else
		within "$patience" cat "$file" 2>/dev/null && answer ok || refuse failed "it could not be read"
	fi
}

# aim sets target to the file that the one at $file really is.
aim() {
	target=$file
	hops=0
	while [ -L "$target" ]; do
		hops=$((hops + 1))
		to=$(readlink "$target") && [ "$hops" -le 40 ] || { refuse odd ''; return 1; }
		case $to in
		/*) target=$to ;;
		*) target=$(cd "$(dirname "$target")" && pwd -P)/$to ;;
		esac
	done
	said=$(mkdir -p "$(dirname "$target")" 2>&1) || { refuse failed "$said"; return 1; }
	if [ -e "$target" ] && [ ! -f "$target" ]; then
		refuse odd ''
		return 1
	elif [ -e "$target" ] && [ ! -w "$target" ]; then
		refuse failed "$target: Read-only file"
		return 1
	fi
}

# take waits for a lock of Codex on an open file.
take() {
	# Some shells keep their files from the programs they start, and not every
	# flock can wait.
	eval "held() { flock \"\$@\" $1 $1>&$1 </dev/null 2>/dev/null; }"
	held -w 10 && return
	tries=0
	until held -n; do
		tries=$((tries + 1))
		[ "$tries" -le 10 ] || { answer busy; return 1; }
		sleep 1
	done
}

# lock takes Codex's locks in Codex's order, where there is a program for it.
lock() {
	said=$(mkdir -p "$home" 2>&1) || { refuse failed "$said"; return; }
	locate auth
	aim || return
	if has flock; then
		for file in "$home/auth.lock" "$target.lock"; do
			# An exec that fails would end the shell.
			said=$( (: >>"$file") 2>&1) || { refuse failed "$said"; return; }
		done
		exec 8>>"$home/auth.lock" 9>>"$target.lock"
		take 8 && take 9 || { unlock; return; }
		# What killed writers left; in a linked folder others may be at work.
		rm -f "$home"/.auth-??????
	fi
	locked=yes
	answer ok
}
# unlock gives the locks back by name: closing alone does not, where the shell
# keeps a copy of an open file for itself.
unlock() {
	for number in 9 8; do
		! has flock || eval "flock -u $number $number>&$number" </dev/null 2>/dev/null
	done
	exec 8>&- 9>&-
	locked=
}

# receive writes a document beside its target and shows what was written. What
# did not arrive whole, or did not fit, goes, and the conversation with it:
# nobody knows where in the document it broke off.
receive() { # what id suffix bytes
	[ "$1" != auth ] || [ -n "$locked" ] || exit 1
	locate "$1" "$2"
	aim || exit 1
	temp=$(dirname "$target")/.auth-$3
	if [ "$1" = config ]; then
		# Whoever has the lock removes the temporary files of logins; no lock is
		# for this one. An old one is nobody's any more.
		find "$(dirname "$target")/." -maxdepth 1 -type f -name '.config-??????' -mmin +60 -exec rm -f {} \; 2>/dev/null
		temp=$(dirname "$target")/.config-$3
	fi
	said=$( (set -C; : >"$temp") 2>&1) || { temp=; refuse failed "$said"; exit 1; }
	if [ "$1" = config ] && [ -f "$target" ]; then
		said=$(cp -p "$target" "$temp" 2>&1 && : >"$temp") || { refuse failed "$said"; exit 1; }
	fi
	said=$(within "$patience" dd bs=1 count="$4" 2>&1 >>"$temp") || { refuse failed "$said"; exit 1; }
	[ "$(wc -c <"$temp")" -eq "$4" ] || exit 1
	sync "$temp" 2>/dev/null || sync
	within "$patience" cat "$temp" && answer ok
}

keep() {
	said=$(mv -f "$temp" "$target" 2>&1) || { refuse failed "$said"; return; }
	temp=
	sync "$(dirname "$target")" 2>/dev/null || sync
	answer ok
}

delete() {
	locate auth
	if [ ! -e "$file" ] && [ ! -L "$file" ]; then
		answer none
		return
	fi
	said=$(rm -f "$target" "$file" 2>&1) || { refuse failed "$said"; return; }
	sync "$(dirname "$target")" 2>/dev/null || sync
	answer ok
}

status() {
	[ -n "$codex" ] || { answer none; return; }
	CODEX_HOME=$home limit "$codex" login status </dev/null 2>&1
	answer "ok $?"
}

# here tells whether a file that was just made elsewhere is in the home here.
here() { # name word
	file=$home/codex-login/tmp/here-$1
	[ -f "$file" ] && [ "$(cat "$file" 2>/dev/null)" = "$2" ] && answer ok || answer none
}

answer begin
while request; do
	set -- $line
	case $1 in
	facts) facts; answer ok ;;
	show) show "$2" "$3" ;;
	lock) lock ;;
	unlock) unlock; answer ok ;;
	receive) receive "$2" "$3" "$4" "$5" ;;
	keep) keep ;;
	drop) forget; answer ok ;;
	delete) delete ;;
	status) status ;;
	here) here "$2" "$3" ;;
	quit) exit 0 ;;
	*) exit 1 ;;
	esac
done
