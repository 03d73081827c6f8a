// CUDA's runtime without a GPU, for libtorch's CUDA build: two devices that share 2 GiB of the host's memory, streams that do everything at once, kernels
// that do nothing. Streams and events only wait for what NCCL's stub has not done yet. Of captures it knows what CUDA refuses: a second one of a stream, and
// waiting for a stream that is captured. build.py makes the library of it.
#include <cuda_runtime_api.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "work.h"

namespace {
const int DEVICES = 2;
const size_t TOTAL = size_t(1) << 31;

std::mutex mutex;
std::map<void*, size_t> memory;
std::set<const void*> pinned;
size_t used;
unsigned long long captures;
thread_local int device;
thread_local cudaError_t last;
std::atomic<int> broken; // the error of a device that has failed for good, as after an illegal address

// What is not done yet, of a stream or of an event.
struct Unfinished {
  std::vector<std::shared_ptr<Work>> works;

  std::vector<std::shared_ptr<Work>> left() {
    std::lock_guard<std::mutex> lock(mutex);
    std::erase_if(works, [](auto& w) { return w->done(); });
    return works;
  }
  void add(const std::vector<std::shared_ptr<Work>>& more) {
    std::lock_guard<std::mutex> lock(mutex);
    works.insert(works.end(), more.begin(), more.end());
  }
  void set(const std::vector<std::shared_ptr<Work>>& all) {
    std::lock_guard<std::mutex> lock(mutex);
    works = all;
  }
  void await() {
    for (auto& w : left()) w->await();
  }
};

struct Stream {
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  unsigned long long id = 0;
  Unfinished unfinished;
};
Stream defaultStreams[DEVICES];
Stream& of(cudaStream_t s) { return s ? *reinterpret_cast<Stream*>(s) : defaultStreams[device]; }

using Clock = std::chrono::steady_clock;
struct Event {
  Clock::time_point at;
  Unfinished unfinished;
};
Event& of(cudaEvent_t e) { return *reinterpret_cast<Event*>(e); }

cudaError_t failed(cudaError_t error) { return last = error; }
int nothing() { return 0; }
}  // namespace

void stubPutWork(void* stream, const std::shared_ptr<Work>& work) { of(static_cast<cudaStream_t>(stream)).unfinished.add({work}); }
int stubDevice() { return device; }

extern "C" {
cudaError_t cudaGetDeviceCount(int* n) { *n = DEVICES; return cudaSuccess; }
cudaError_t cudaGetDevice(int* d) { *d = device; return cudaSuccess; }
cudaError_t cudaSetDevice(int d) { device = d; return cudaSuccess; }
cudaError_t cudaGetLastError() { cudaError_t error = last; last = cudaSuccess; return error; }
cudaError_t cudaPeekAtLastError() { return last; }
const char* cudaGetErrorName(cudaError_t) { return "error"; }
const char* cudaGetErrorString(cudaError_t e) {
  static thread_local char text[32];
  snprintf(text, sizeof text, "error %d of the stub", e);
  return text;
}
cudaError_t cudaDriverGetVersion(int* v) { *v = CUDART_VERSION; return cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* v) { *v = CUDART_VERSION; return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  memset(p, 0, sizeof *p);
  strcpy(p->name, "stub");
  p->major = 9;
  p->totalGlobalMem = TOTAL;
  p->multiProcessorCount = 4;
  p->warpSize = 32;
  p->maxThreadsPerBlock = 1024;
  p->maxThreadsPerMultiProcessor = 2048;
  p->sharedMemPerBlock = 48 << 10;
  for (int i = 0; i < 3; i++) p->maxThreadsDim[i] = 1024, p->maxGridSize[i] = 65535;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* v, cudaDeviceAttr a, int) {
  *v = a == cudaDevAttrComputeCapabilityMajor ? 9 : a == cudaDevAttrComputeCapabilityMinor ? 0 : 1;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) { *least = 0; *greatest = -5; return cudaSuccess; }
cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** f, unsigned, unsigned long long, cudaDriverEntryPointQueryResult* found) {
  *f = reinterpret_cast<void*>(nothing);
  if (found) *found = cudaDriverEntryPointSuccess;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** p, size_t n) {
  std::lock_guard<std::mutex> lock(mutex);
  if (used + n > TOTAL || posix_memalign(p, 512, n)) return failed(cudaErrorMemoryAllocation);
  memset(*p, 0, n);
  used += memory[*p] = n;
  return cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  std::lock_guard<std::mutex> lock(mutex);
  if (p) used -= memory[p], memory.erase(p), free(p);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* available, size_t* total) {
  std::lock_guard<std::mutex> lock(mutex);
  *total = TOTAL;
  *available = TOTAL - used;
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** p, size_t n, unsigned) {
  std::lock_guard<std::mutex> lock(mutex);
  if (posix_memalign(p, 512, n)) return failed(cudaErrorMemoryAllocation);
  pinned.insert(*p);
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* p) {
  std::lock_guard<std::mutex> lock(mutex);
  pinned.erase(p);
  free(p);
  return cudaSuccess;
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* a, const void* p) {
  std::lock_guard<std::mutex> lock(mutex);
  memset(a, 0, sizeof *a);
  a->type = pinned.count(p) ? cudaMemoryTypeHost : cudaMemoryTypeUnregistered;
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t n, cudaMemcpyKind) { memcpy(to, from, n); return cudaSuccess; }
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t n, cudaMemcpyKind, cudaStream_t s) {
  if (of(s).capture) return cudaSuccess;
  of(s).unfinished.await();
  memcpy(to, from, n);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int v, size_t n, cudaStream_t s) {
  if (of(s).capture) return cudaSuccess;
  of(s).unfinished.await();
  memset(to, v, n);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* s, unsigned, int) { *s = reinterpret_cast<cudaStream_t>(new Stream); return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t s) {
  if (!of(s).capture) {
    of(s).unfinished.await();
    return cudaSuccess;
  }
  of(s).capture = cudaStreamCaptureStatusInvalidated;
  return failed(cudaErrorStreamCaptureUnsupported);
}
cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode mode) {
  if (!s || of(s).capture || mode != cudaStreamCaptureModeThreadLocal) return failed(cudaErrorIllegalState);
  of(s).capture = cudaStreamCaptureStatusActive;
  of(s).id = ++captures;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t* graph) {
  bool whole = of(s).capture == cudaStreamCaptureStatusActive;
  of(s).capture = cudaStreamCaptureStatusNone;
  *graph = whole ? reinterpret_cast<cudaGraph_t>(malloc(1)) : nullptr;
  return whole ? cudaSuccess : failed(cudaErrorStreamCaptureInvalidated);
}
cudaError_t cudaStreamIsCapturing(cudaStream_t s, cudaStreamCaptureStatus* status) { *status = of(s).capture; return cudaSuccess; }
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t s, cudaStreamCaptureStatus* status, unsigned long long* id, cudaGraph_t*, const cudaGraphNode_t**, const cudaGraphEdgeData**, size_t*) {
  *status = of(s).capture;
  if (id) *id = of(s).id;
  return cudaSuccess;
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  static thread_local cudaStreamCaptureMode current;
  std::swap(current, *mode);
  return cudaSuccess;
}
cudaError_t cudaGraphGetNodes(cudaGraph_t, cudaGraphNode_t*, size_t* n) { *n = 1; return cudaSuccess; }
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* g, cudaGraph_t, unsigned long long) { *g = reinterpret_cast<cudaGraphExec_t>(malloc(1)); return cudaSuccess; }
cudaError_t cudaGraphDestroy(cudaGraph_t g) { free(g); return cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t g) { free(g); return cudaSuccess; }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* e, unsigned) { *e = reinterpret_cast<cudaEvent_t>(new Event); return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t e) { delete &of(e); return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) {
  of(e).at = Clock::now();
  of(e).unfinished.set(of(s).unfinished.left());
  return cudaSuccess;
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t e, cudaStream_t s, unsigned) { return cudaEventRecord(e, s); }
// For tests: from now on events report this error, or none again.
void stubBreak(int error) { broken = error; }
cudaError_t cudaEventQuery(cudaEvent_t e) {
  if (int error = broken) return failed(static_cast<cudaError_t>(error));
  return of(e).unfinished.left().empty() ? cudaSuccess : failed(cudaErrorNotReady);
}
cudaError_t cudaEventSynchronize(cudaEvent_t e) { of(e).unfinished.await(); return cudaSuccess; }
cudaError_t cudaStreamQuery(cudaStream_t s) { return of(s).unfinished.left().empty() ? cudaSuccess : failed(cudaErrorNotReady); }
cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned) {
  of(s).unfinished.add(of(e).unfinished.left());
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* millis, cudaEvent_t from, cudaEvent_t to) {
  *millis = std::chrono::duration<float, std::milli>(of(to).at - of(from).at).count();
  return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* a, const void*) {
  memset(a, 0, sizeof *a);
  a->maxThreadsPerBlock = 1024;
  return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* n, const void*, int, size_t, unsigned) { *n = 1; return cudaSuccess; }
void** __cudaRegisterFatBinary(void*) {
  static void* handle;
  return &handle;
}
}
