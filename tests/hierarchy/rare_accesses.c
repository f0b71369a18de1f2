#include <stdint.h>
static char a[8192] __attribute__((aligned(64)));
static char *m; static int sel;
#define R(n, ...) case n: for(int i=0;i<10;i++) __asm__ volatile(__VA_ARGS__ :: "r"(m) : "memory","rax","rcx","rdx","rbx","rdi","rsi","xmm0","xmm1","xmm2","cc"); break;
static void go(int n){ switch(n){
R(0,"fnsave (%0)") R(1,"fnsave (%0); frstor (%0)") R(2,"fnstenv (%0)") R(3,"fnstenv (%0); fldenv (%0)")
R(4,"fxsave (%0)") R(5,"fxsave64 (%0); fxrstor64 (%0)") R(6,"mov $7,%%eax; xor %%edx,%%edx; xsave (%0)") R(7,"mov $7,%%eax; xor %%edx,%%edx; xsave (%0); xrstor (%0)")
R(8,"mov $7,%%eax; xor %%edx,%%edx; xsavec (%0)") R(9,"mov $3,%%eax; xor %%edx,%%edx; xsaveopt (%0)") R(10,"enter $16,$0; leave") R(11,"push %%rbp; enter $16,$1; leave; pop %%rbp")
R(12,"push %%rbp; mov %%rsp,%%rbp; sub $512,%%rsp; enter $16,$5; leave; add $512,%%rsp; pop %%rbp") R(13,"lock cmpxchg8b (%0)") R(14,"lock cmpxchg16b (%0)") R(15,"mov %0,%%rbx; xlat")
R(16,"mov %0,%%rdi; pcmpeqb %%xmm1,%%xmm1; maskmovdqu %%xmm1,%%xmm0") R(17,"mov %0,%%rdi; pxor %%xmm1,%%xmm1; maskmovdqu %%xmm1,%%xmm0") R(18,"vpcmpeqd %%ymm1,%%ymm1,%%ymm1; vpmaskmovd %%ymm0,%%ymm1,(%0)") R(19,"vpxor %%ymm1,%%ymm1,%%ymm1; vpmaskmovd (%0),%%ymm1,%%ymm0")
R(20,"vpcmpeqd %%ymm1,%%ymm1,%%ymm1; vpxor %%ymm0,%%ymm0,%%ymm0; vpgatherdd %%ymm1,(%0,%%ymm0,4),%%ymm2") R(21,"pushf; popf") R(22,"stmxcsr (%0); ldmxcsr (%0)") R(23,"clflush (%0)") R(24,"prefetcht0 (%0); nopl (%0); lea (%0),%%rax")
R(25,"mov $3,%%eax; bt %%eax,(%0); bts %%eax,(%0); btr $1,(%0)" ) R(26,"xadd %%eax,(%0); xchg %%eax,(%0); lock incl (%0); notl (%0); negl (%0); shll (%0); rcll $3,(%0)") R(27,"pushq (%0); popq 8(%0)") R(28,"fldt (%0); fstpt 16(%0); fildll (%0); fistpll (%0); fbld (%0); fbstp (%0)")
R(29,"movnti %%rax,(%0); crc32l (%0),%%eax; pextrd $1,%%xmm0,(%0); insertps $1,(%0),%%xmm0; movbe (%0),%%eax; movbe %%eax,(%0)") R(30,"vbroadcastss (%0),%%ymm0; vinserti128 $1,(%0),%%ymm0,%%ymm0; vextracti128 $1,%%ymm0,(%0)")
R(31,"mov %0,%%rsi; mov %0,%%rdi; movsb; cmpsb; lodsb; scasb; stosb") R(32,"mov %0,%%rsi; lea 64(%0),%%rdi; mov $100,%%ecx; rep movsb; mov $0,%%ecx; rep stosb; mov $50,%%ecx; xor %%eax,%%eax; repne scasb") R(33,"mov %0,%%rsi; lea 64(%0),%%rdi; mov $100,%%ecx; repe cmpsb; mov $10,%%ecx; rep lodsq; mov $3,%%ecx; std; rep stosw; cld")
R(34,"lea 1f(%%rip),%%rax; mov %%rax,(%0); jmp *(%0); 1: lea 2f(%%rip),%%rax; mov %%rax,(%0); call *(%0); jmp 3f; 2: ret; 3:") R(35,"sgdt (%0)") R(36,"cmovel (%0),%%eax; sete (%0); cmpxchg %%ecx,(%0)") R(37,"mov 61(%0),%%rax; mov %%rax,61(%0); addl $1,62(%0); movups %%xmm0,4090(%0); movups 4090(%0),%%xmm0; incl 4094(%0)")
R(38,"lea -8(%%rsp),%%rsp; lea 1f(%%rip),%%rax; push $0x33; push %%rax; lretq; 1: lea 8(%%rsp),%%rsp") R(39,"mov %%rsp,%%rax; push $0x2b; push %%rax; pushf; push $0x33; lea 1f(%%rip),%%rax; push %%rax; iretq; 1:") R(40,"push $5; pop %%rax; push %%rsp; pop %%rax; pushw $3; popw %%ax") R(41,"push %%fs; pop %%rax; verr %%ax; str (%0); sldt (%0); smsw (%0)")
R(42,"movq2dq %%mm0,%%xmm0; mov %0,%%rdi; pcmpeqb %%mm1,%%mm1; maskmovq %%mm1,%%mm0; emms") R(43,"fnstcw (%0); fldcw (%0); fnstsw (%0); fists (%0)") R(44,"pcmpestri $0,(%0),%%xmm0; pcmpistrm $0,(%0),%%xmm0; aesenc (%0),%%xmm0; pshufb (%0),%%xmm0") R(45,"vmovdqu (%0),%%ymm0; vmovntdq %%ymm0,(%0); movntdqa (%0),%%xmm0; lddqu (%0),%%xmm0; vzeroupper")
R(46,"lar (%0),%%eax; lsl (%0),%%eax; verw (%0)") R(47,"vcvtps2ph $0,%%ymm0,(%0); vcvtph2ps (%0),%%ymm0; vtestps (%0),%%xmm0; vpermd (%0),%%ymm0,%%ymm1; vgatherqpd %%ymm1,(%0,%%ymm0,1),%%ymm2") 
}}
void _start(void){ long *sp; __asm__("lea 8(%%rbp),%0":"=r"(sp)); m=a; char*v=(char*)sp[2]; int n=0; if(sp[0]>1) while(*v) n=n*10+*v++-'0'; go(n); __asm__ volatile("syscall"::"a"(60),"D"(0)); }
