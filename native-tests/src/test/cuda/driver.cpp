// Of NVIDIA's driver what libtorch and DeviceProperties ask; see runtime.cpp.
#include <cstddef>
#include <cstring>

extern "C" {
int cuInit(unsigned) { return 0; }
int cuDeviceGet(int* device, int index) { *device = index; return 0; }
int cuDeviceGetName(char* name, int, int) {
  for (const char* c = "stub"; (*name++ = *c++);) {}
  return 0;
}
int cuDeviceGetUuid_v2(char* bytes, int device) {
  memset(bytes, device + 1, 16);
  return 0;
}
int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = size_t(1) << 31; return 0; }
int cuDeviceGetAttribute(int* value, int attribute, int) { *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 4; return 0; }
int cuCtxGetCurrent(void** context) { static int current; *context = &current; return 0; }
int cuCtxSetCurrent(void*) { return 0; }
int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* active) { *flags = 0; *active = 1; return 0; }
}
