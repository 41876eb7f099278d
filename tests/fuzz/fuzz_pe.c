/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of PE files: any bytes give sections that lie in them, or an error. */
#include <stddef.h>
#include <stdint.h>

#include "images/tool/pe_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct pe_image pe;
	unsigned sum = 0;

	if (pe_image_read(data, size, &pe, &err) < 0)
		return 0;
	for (size_t i = 0; i < pe.n_sections; i++)
		for (size_t j = 0; j < pe.sections[i].content.n; j++)
			sum += (unsigned char)pe.sections[i].content.p[j];
	return sum == 1;
}
