/* What CPUID offers works: each vector extension that the processor claims is used when it is there, with one result.
 * variants: gcc-O2 clang-O2 */
#include <immintrin.h>
#include <stdio.h>
__attribute__((target("avx2"))) static int avx2(const int *p)
{
    __m256i s = _mm256_setzero_si256();
    for (int i = 0; i < 64; i += 8)
        s = _mm256_add_epi32(s, _mm256_mullo_epi32(_mm256_loadu_si256((const void *)(p + i)), _mm256_set1_epi32(3)));
    int out[8], sum = 0;
    _mm256_storeu_si256((void *)out, s);
    for (int i = 0; i < 8; i++)
        sum += out[i];
    return sum;
}
static int plain(const int *p)
{
    int sum = 0;
    for (int i = 0; i < 64; i++)
        sum += p[i] * 3;
    return sum;
}
__attribute__((target("popcnt"))) static int count_fast(unsigned long x) { return __builtin_popcountll(x); }
static int count(unsigned long x) { int n = 0; for (; x; x &= x - 1) n++; return n; }
__attribute__((target("bmi2"))) static unsigned long pdep(unsigned long x, unsigned long m) { return _pdep_u64(x, m); }
static unsigned long deposit(unsigned long x, unsigned long m)
{
    unsigned long r = 0;
    for (unsigned long bit = 1; m; m &= m - 1, bit <<= 1)
        if (x & bit)
            r |= m & -m;
    return r;
}
int main(void)
{
    int data[64];
    for (int i = 0; i < 64; i++)
        data[i] = i * i - 100;
    __builtin_cpu_init();
    printf("%d\n", __builtin_cpu_supports("avx2") ? avx2(data) : plain(data));
    printf("%d\n", __builtin_cpu_supports("popcnt") ? count_fast(0xf0f0123456789) : count(0xf0f0123456789));
    printf("%lx\n", __builtin_cpu_supports("bmi2") ? pdep(0x12345, 0xf0f0f0f0f0f0f0f0) : deposit(0x12345, 0xf0f0f0f0f0f0f0f0));
    printf("sse2 %d\n", __builtin_cpu_supports("sse2") != 0);
}
