/* SQLite in memory: inserts, an index, joins, aggregates.
 * class: real
 * needs: libsqlite3.a
 * flags: -lsqlite3 -lm -lpthread -ldl -lz */
#include <sqlite3.h>
#include <stdio.h>
static int row(void *context, int n, char **values, char **names) { puts(values[0] ? values[0] : "NULL"); return 0; }
int main(void)
{
    sqlite3 *db;
    sqlite3_open(":memory:", &db);
    const char *sql = "CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, s TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) INSERT INTO t SELECT i, i * 7919 % 10007, 'row ' || i FROM n;"
        "CREATE INDEX k ON t(k);"
        "SELECT count(*) FROM t a JOIN t b ON a.k = b.k + 1 WHERE a.id % 5 = 0;"
        "SELECT sum(length(s)) FROM (SELECT s, max(id) FROM t GROUP BY k % 1000 ORDER BY s);"
        "SELECT count(*) FROM t WHERE s LIKE '%99%' OR k BETWEEN 10 AND 300;";
    char *error = NULL;
    if (sqlite3_exec(db, sql, row, NULL, &error))
        puts(error);
}
