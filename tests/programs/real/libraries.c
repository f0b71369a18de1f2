/* PCRE2 (with its JIT where it may write code), GMP, expat, libpng and libjpeg as Debian builds them.
 * variants: gcc-O2
 * needs: libpcre2-8.a libgmp.a libexpat.a libpng.a libjpeg.a libz.a
 * flags: -lpcre2-8 -lgmp -lexpat -lpng -ljpeg -lz -lm */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <expat.h>
#include <gmp.h>
#include <pcre2.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
static void match(const char *pattern, const char *text, int jit)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &at, NULL);
    if (!code) {
        printf("%s: error %d at %zu\n", pattern, error, at);
        return;
    }
    if (jit)
        printf("jit %d ", pcre2_jit_compile(code, PCRE2_JIT_COMPLETE));
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(code, NULL);
    int n = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, found, NULL);
    PCRE2_SIZE *v = pcre2_get_ovector_pointer(found);
    printf("%s: %d", pattern, n);
    for (int i = 0; i < n; i++)
        printf(" [%.*s]", (int)(v[2 * i + 1] - v[2 * i]), text + v[2 * i]);
    puts("");
}
static int depth, elements;
static void open_element(void *context, const char *name, const char **attributes) { printf("%*s%s %s\n", depth++ * 2, "", name, attributes[0] ? attributes[1] : ""); elements++; }
static void close_element(void *context, const char *name) { depth--; }
static png_byte *sink;
static size_t sunk;
static void collect(png_structp png, png_bytep data, size_t size) { sink = realloc(sink, sunk + size); memcpy(sink + sunk, data, size); sunk += size; }
static void nothing(png_structp png) { }
int main(void)
{
    for (int jit = 0; jit < 2; jit++) {
        match("(\\w+)@(\\w+)\\.com", "mail to someone@example.com now", jit);
        match("^(a+)+$", "aaaaaaaaaaaaaaaaaaaa", jit);
        match("(?<year>\\d{4})-(?<month>\\d\\d)", "on 2024-02-29", jit);
        match("[äöü]+(?=ß)", "abc öüß", jit);
        match("(unclosed", "x", jit);
    }
    mpz_t a, b;
    mpz_inits(a, b, NULL);
    mpz_fac_ui(a, 300);
    mpz_fib_ui(b, 1000);
    gmp_printf("%Zd\n%Zd\n", a, b);
    mpz_gcd(a, a, b);
    mpz_ui_pow_ui(b, 2, 521);
    mpz_sub_ui(b, b, 1);
    gmp_printf("%Zd prime %d\n", a, mpz_probab_prime_p(b, 20));
    mpf_t f;
    mpf_init2(f, 300);
    mpf_sqrt_ui(f, 2);
    gmp_printf("%.80Ff\n", f);
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetElementHandler(parser, open_element, close_element);
    const char *xml = "<?xml version='1.0'?><root id='1'><child a='x &amp; y'/><child><deep/></child></root>";
    printf("xml %d %d\n", XML_Parse(parser, xml, strlen(xml), 1), elements);
    parser = XML_ParserCreate(NULL);
    printf("bad xml %d %s\n", XML_Parse(parser, "<a><b></a>", 10, 1), XML_ErrorString(XML_GetErrorCode(parser)));
    enum { W = 64, H = 48 };
    static png_byte pixels[H][W * 3];
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W * 3; x++)
            pixels[y][x] = x * y + x;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, NULL, collect, nothing);
    png_set_IHDR(png, info, W, H, 8, PNG_COLOR_TYPE_RGB, 0, 0, 0);
    png_write_info(png, info);
    for (int y = 0; y < H; y++)
        png_write_row(png, pixels[y]);
    png_write_end(png, info);
    printf("png %zu %08lx\n", sunk, crc32(0, sink, sunk));
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char *out = NULL;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &out, &size);
    jpeg.image_width = W;
    jpeg.image_height = H;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 80, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < H) {
        JSAMPROW line = pixels[jpeg.next_scanline];
        jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    printf("jpeg %lu %08lx\n", size, crc32(0, out, size));
}
