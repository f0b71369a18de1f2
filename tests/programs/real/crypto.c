/* OpenSSL's libcrypto: digests, AES in several modes, RSA arithmetic on big numbers; its assembly chooses by CPUID.
 * variants: gcc-O2
 * needs: libcrypto.a
 * flags: -lcrypto -lpthread -ldl */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
static void hex(const char *name, const unsigned char *p, int n)
{
    printf("%-12s", name);
    for (int i = 0; i < n; i++)
        printf("%02x", p[i]);
    puts("");
}
int main(void)
{
    static unsigned char data[50000], out[60000], again[60000], digest[64];
    for (int i = 0; i < (int)sizeof data; i++)
        data[i] = i * 7 + (i >> 8);
    const char *digests[] = {"md5", "sha1", "sha256", "sha512", "sha3-256", "blake2b512"};
    for (int i = 0; i < 6; i++) {
        unsigned n = 0;
        EVP_Digest(data, sizeof data, digest, &n, EVP_get_digestbyname(digests[i]), NULL);
        hex(digests[i], digest, n);
    }
    const char *ciphers[] = {"aes-128-cbc", "aes-256-ctr", "aes-256-gcm", "chacha20"};
    for (int i = 0; i < 4; i++) {
        const EVP_CIPHER *cipher = EVP_get_cipherbyname(ciphers[i]);
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n, tail, m = 0;
        unsigned h;
        EVP_EncryptInit_ex(c, cipher, NULL, data, data + 100);
        EVP_EncryptUpdate(c, out, &n, data, 33333);
        EVP_EncryptFinal_ex(c, out + n, &tail);
        EVP_Digest(out, n + tail, digest, &h, EVP_sha256(), NULL);
        hex(ciphers[i], digest, 16);
        EVP_DecryptInit_ex(c, cipher, NULL, data, data + 100);
        EVP_DecryptUpdate(c, again, &m, out, n + tail);
        printf("decrypts %d\n", !memcmp(again, data, 33000));
        EVP_CIPHER_CTX_free(c);
    }
    unsigned n = 0;
    HMAC(EVP_sha256(), "key", 3, data, 1000, digest, &n);
    hex("hmac", digest, n);
    PKCS5_PBKDF2_HMAC("password", 8, data, 16, 500, EVP_sha256(), 32, digest);
    hex("pbkdf2", digest, 32);
    BIGNUM *a = NULL, *b = NULL, *m = NULL, *r = BN_new();
    BN_CTX *ctx = BN_CTX_new();
    BN_hex2bn(&a, "C0FFEE123456789ABCDEF00112233445566778899AABBCCDDEEFF0123456789ABCDEF123456789");
    BN_hex2bn(&b, "10001");
    BN_hex2bn(&m, "F3A1B2C3D4E5F60718293A4B5C6D7E8F9001122334455667788990AABBCCDDEEFF1122334455667788990011223344556677889900AABBCCDDEEFF0011223345");
    BN_mod_exp(r, a, b, m, ctx);
    puts(BN_bn2hex(r));
    BN_mod_exp(r, r, a, m, ctx);
    puts(BN_bn2dec(r));
    BN_mul(r, a, m, ctx);
    BN_sqr(r, r, ctx);
    puts(BN_bn2hex(r));
}
