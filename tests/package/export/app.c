/* SPDX-License-Identifier: MIT */
#include <policy.h>
#include <stdio.h>

int main(void) {
  float in[POLICY_INPUTS] = {0}, out[POLICY_OUTPUTS];
  policy(in, out);
  printf("%d inputs, %d outputs, the first is %g\n", POLICY_INPUTS, POLICY_OUTPUTS, (double)out[0]);
  return policy_self_test();
}
