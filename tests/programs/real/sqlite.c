/* SQLite: a database in a file with a journal, indices, joins, window functions, full-text LIKE, transactions rolled back.
 * variants: gcc-O2
 * needs: libsqlite3.a
 * flags: -lsqlite3 -lm -lpthread -ldl -lz */
#include <sqlite3.h>
#include <stdio.h>
static sqlite3 *db;
static int row(void *context, int columns, char **values, char **names)
{
    for (int i = 0; i < columns; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    puts("");
    return 0;
}
static void sql(const char *text)
{
    char *error = NULL;
    if (sqlite3_exec(db, text, row, NULL, &error) != SQLITE_OK)
        printf("error: %s\n", error);
    sqlite3_free(error);
}
int main(void)
{
    sqlite3_open("database", &db);
    sql("PRAGMA journal_mode=WAL");
    sql("PRAGMA journal_mode=DELETE");
    sql("CREATE TABLE page(id INTEGER PRIMARY KEY, frame INT UNIQUE, name TEXT, weight REAL)");
    sql("BEGIN");
    sqlite3_stmt *insert;
    sqlite3_prepare_v2(db, "INSERT INTO page(frame, name, weight) VALUES(?1, ?2, ?3)", -1, &insert, NULL);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        snprintf(name, sizeof name, "page %d of %s", i, i % 3 ? "heap" : "stack");
        sqlite3_bind_int(insert, 1, i * 7919 % 100003);
        sqlite3_bind_text(insert, 2, name, -1, SQLITE_TRANSIENT);
        sqlite3_bind_double(insert, 3, i / 7.0);
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sql("COMMIT");
    sql("CREATE INDEX by_name ON page(name)");
    sql("SELECT count(*), sum(frame), avg(weight), min(name), max(name) FROM page");
    sql("SELECT a.id, b.id, a.frame + b.frame FROM page a JOIN page b ON a.frame = b.frame + 1 ORDER BY a.id LIMIT 5");
    sql("SELECT name, rank() OVER (ORDER BY frame) FROM page WHERE name LIKE '%99% stack' ORDER BY 2 LIMIT 5");
    sql("WITH RECURSIVE f(n, a, b) AS (SELECT 0, 0, 1 UNION ALL SELECT n + 1, b, a + b FROM f WHERE n < 50) SELECT n, a FROM f WHERE n % 10 = 0");
    sql("INSERT INTO page(frame) VALUES(7919)");
    sql("BEGIN; DELETE FROM page WHERE id % 2; SELECT count(*) FROM page; ROLLBACK; SELECT count(*) FROM page");
    sql("SELECT substr(name, 1, 4), group_concat(DISTINCT length(name)) FROM page GROUP BY 1");
    sql("SELECT printf('%08.3f %x %s', 3.14159, 255, hex(zeroblob(3))), upper('abc'), round(2.567, 1), date('2024-02-29', '+1 year'), json_extract('{\"a\":[1,2,3]}', '$.a[2]')");
    sql("SELEKT nonsense");
    sql("PRAGMA integrity_check");
    sql("VACUUM");
    sqlite3_close(db);
    sqlite3_open("database", &db);
    sql("EXPLAIN QUERY PLAN SELECT * FROM page WHERE name = 'x'");
    sql("UPDATE page SET weight = NULL WHERE id < 10; SELECT count(weight), total(weight) FROM page");
    sqlite3_close(db);
}
