#!/bin/sh
# Shell arithmetic, functions, loops, here-documents into variables, parameter expansion: no child process is needed.
fib() {
    if [ "$1" -lt 2 ]; then
        result=$1
    else
        fib $(($1 - 1)); set -- "$1" "$result"
        fib $(($1 - 2)); result=$(($2 + result))
    fi
}
fib 15
echo "fib $result"
primes=''
n=2
while [ $n -lt 200 ]; do
    d=2
    while [ $((d * d)) -le $n ]; do
        [ $((n % d)) -eq 0 ] && break
        d=$((d + 1))
    done
    [ $((d * d)) -gt $n ] && primes="$primes $n"
    n=$((n + 1))
done
echo "primes$primes"
path=/usr/local/lib/file.tar.gz
echo "${path##*/} ${path%/*} ${path%%.*} ${path#*.} ${#path} ${none:-default} ${path:+set}"
for word in one 'two words' "th'ree"; do
    case $word in
    *\ *) echo "spaced: $word" ;;
    o*) echo "o: $word" ;;
    *) echo "other: $word" ;;
    esac
done
count=0
while read -r a b c; do
    count=$((count + 1))
    echo "$count: $c/$b/$a"
done << END
1 2 3
4 5 6 7
$count \$count
END
printf '%s=%04d\n' key 42 other 7
set -- a b c d
shift 2
echo "$# $1 $*"
trap 'echo trapped' EXIT


echo > file "written" && read -r line < file && echo "$line"
exit 9
