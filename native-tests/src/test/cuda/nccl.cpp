// NCCL without GPUs, for libtorch's CUDA build over the stub of CUDA's runtime: the ranks are threads of one process, and what they send each other is
// really copied and added, in the host's memory. As with NCCL a call returns at once, and its stream is not done before all ranks have made the call.
// build.py makes the library of it.
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "work.h"

namespace {
enum Result { SUCCESS, CUDA_ERROR, SYSTEM_ERROR, INTERNAL_ERROR, INVALID_ARGUMENT, INVALID_USAGE, REMOTE_ERROR, IN_PROGRESS };
enum Type { INT8, UINT8, INT32, UINT32, INT64, UINT64, FLOAT16, FLOAT32, FLOAT64, BFLOAT16 };
enum Op { SUM, PRODUCT, MAX, MIN, AVG };
const size_t SIZES[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2};

struct Id { uint64_t number; char rest[120]; };

// One collective: what the ranks that have called it gave, and what their streams wait for.
struct Call {
  size_t arrived = 0;
  std::vector<const char*> from;
  std::vector<char*> to;
  std::vector<std::shared_ptr<Work>> works;
};

struct Message { int owner; char* memory; size_t bytes; std::shared_ptr<Work> work; };

// What the ranks of one communicator share.
struct Group {
  std::mutex mutex;
  std::condition_variable joining;
  size_t ranks, joined = 0;
  bool aborted = false;
  std::map<uint64_t, Call> calls;
  std::map<std::pair<int, int>, std::vector<Message>> sent, awaited;
};

struct Comm {
  std::shared_ptr<Group> group;
  int rank, ranks, device;
  uint64_t calls = 0;
};

std::mutex groupsMutex;
std::map<uint64_t, std::shared_ptr<Group>> groups;
uint64_t ids;

template <typename T> void combine(const std::vector<const char*>& all, char* to, size_t n, int op) {
  std::vector<T> result(n);
  for (size_t i = 0; i < n; i++) {
    T value = reinterpret_cast<const T*>(all[0])[i];
    for (size_t r = 1; r < all.size(); r++) {
      T other = reinterpret_cast<const T*>(all[r])[i];
      value = op == PRODUCT ? value * other : op == MAX ? std::max(value, other) : op == MIN ? std::min(value, other) : value + other;
    }
    result[i] = op == AVG ? value / T(all.size()) : value;
  }
  memcpy(to, result.data(), n * sizeof(T));
}

void combine(const std::vector<const char*>& all, char* to, size_t n, int type, int op) {
  switch (type) {
    case INT8: return combine<int8_t>(all, to, n, op);
    case UINT8: return combine<uint8_t>(all, to, n, op);
    case INT32: return combine<int32_t>(all, to, n, op);
    case INT64: return combine<int64_t>(all, to, n, op);
    case FLOAT32: return combine<float>(all, to, n, op);
    case FLOAT64: return combine<double>(all, to, n, op);
  }
}

bool adds(int type) { return type != UINT32 && type != UINT64 && type != FLOAT16 && type != BFLOAT16; }

// Adds a rank to its next collective, and runs this once all ranks are there.
Result collective(Comm* comm, const void* from, void* to, void* stream, const std::function<void(Call&)>& run) {
  Group& group = *comm->group;
  std::lock_guard<std::mutex> lock(group.mutex);
  if (group.aborted) return REMOTE_ERROR;
  Call& call = group.calls[comm->calls++];
  call.from.resize(group.ranks);
  call.to.resize(group.ranks);
  call.works.resize(group.ranks);
  call.from[comm->rank] = static_cast<const char*>(from);
  call.to[comm->rank] = static_cast<char*>(to);
  stubPutWork(stream, call.works[comm->rank] = std::make_shared<Work>());
  if (++call.arrived < group.ranks) return SUCCESS;
  run(call);
  for (auto& w : call.works) w->finish();
  group.calls.erase(comm->calls - 1);
  return SUCCESS;
}

Result message(Comm* comm, int from, int to, void* memory, size_t bytes, void* stream) {
  Group& group = *comm->group;
  std::lock_guard<std::mutex> lock(group.mutex);
  if (group.aborted) return REMOTE_ERROR;
  bool sends = comm->rank == from;
  Message own{comm->rank, static_cast<char*>(memory), bytes, std::make_shared<Work>()};
  stubPutWork(stream, own.work);
  auto& others = (sends && from != to ? group.awaited : group.sent)[{from, to}];
  if (from == to && sends && others.empty()) { // a rank that sends to itself calls this method twice
    others.push_back(own);
    return SUCCESS;
  }
  if (others.empty()) {
    (sends ? group.sent : group.awaited)[{from, to}].push_back(own);
    return SUCCESS;
  }
  Message other = others.front();
  others.erase(others.begin());
  if (sends && from != to) memcpy(other.memory, own.memory, bytes);
  else memcpy(own.memory, other.memory, bytes);
  own.work->finish();
  other.work->finish();
  return SUCCESS;
}

Result join(Comm** made, int ranks, const Id& id, int rank) {
  std::shared_ptr<Group> group;
  {
    std::lock_guard<std::mutex> lock(groupsMutex);
    auto& known = groups[id.number];
    if (!known) known = std::make_shared<Group>(), known->ranks = ranks;
    group = known;
  }
  std::unique_lock<std::mutex> lock(group->mutex);
  group->joined++;
  group->joining.notify_all();
  group->joining.wait(lock, [&] { return group->joined >= group->ranks; });
  *made = new Comm{group, rank, ranks, stubDevice()};
  return SUCCESS;
}
}  // namespace

extern "C" {
Result ncclGetVersion(int* version) { *version = 22900; return SUCCESS; }
Result ncclGetUniqueId(Id* id) {
  std::lock_guard<std::mutex> lock(groupsMutex);
  memset(id, 0, sizeof *id);
  id->number = ++ids;
  return SUCCESS;
}
const char* ncclGetErrorString(Result result) { return result == REMOTE_ERROR ? "remote process exited or there was a network error" : "error of the stub"; }
const char* ncclGetLastError(Comm*) { return "the stub knows nothing more"; }

Result ncclCommInitRank(Comm** comm, int ranks, Id id, int rank) { return join(comm, ranks, id, rank); }
Result ncclCommInitRankConfig(Comm** comm, int ranks, Id id, int rank, void*) { return join(comm, ranks, id, rank); }
Result ncclCommInitRankScalable(Comm** comm, int ranks, int rank, int, Id* id, void*) { return join(comm, ranks, *id, rank); }
Result ncclCommCount(Comm* comm, int* n) { *n = comm->ranks; return SUCCESS; }
Result ncclCommUserRank(Comm* comm, int* rank) { *rank = comm->rank; return SUCCESS; }
Result ncclCommGetAsyncError(Comm* comm, Result* error) {
  std::lock_guard<std::mutex> lock(comm->group->mutex);
  *error = comm->group->aborted ? REMOTE_ERROR : SUCCESS;
  return SUCCESS;
}
Result ncclCommFinalize(Comm*) { return SUCCESS; }
Result ncclCommDestroy(Comm* comm) { delete comm; return SUCCESS; }
Result ncclCommAbort(Comm* comm) {
  if (!comm) return SUCCESS;
  Group& group = *comm->group;
  std::lock_guard<std::mutex> lock(group.mutex);
  group.aborted = true;
  for (auto& call : group.calls)
    if (auto& own = call.second.works[comm->rank]) own->finish();
  for (auto* all : {&group.sent, &group.awaited})
    for (auto& messages : *all)
      for (auto& m : messages.second)
        if (m.owner == comm->rank) m.work->finish();
  return SUCCESS; // the memory of an aborted communicator is lost, since the others still look at it
}

Result ncclAllReduce(const void* from, void* to, size_t n, int type, int op, Comm* comm, void* stream) {
  if (!adds(type)) return INVALID_ARGUMENT;
  return collective(comm, from, to, stream, [=](Call& c) {
    std::vector<char> sum(n * SIZES[type]);
    combine(c.from, sum.data(), n, type, op);
    for (char* t : c.to) memcpy(t, sum.data(), sum.size());
  });
}
Result ncclReduce(const void* from, void* to, size_t n, int type, int op, int root, Comm* comm, void* stream) {
  if (!adds(type)) return INVALID_ARGUMENT;
  return collective(comm, from, to, stream, [=](Call& c) { combine(c.from, c.to[root], n, type, op); });
}
Result ncclBroadcast(const void* from, void* to, size_t n, int type, int root, Comm* comm, void* stream) {
  return collective(comm, from, to, stream, [=](Call& c) {
    for (char* t : c.to) if (t != c.from[root]) memcpy(t, c.from[root], n * SIZES[type]);
  });
}
Result ncclBcast(void* memory, size_t n, int type, int root, Comm* comm, void* stream) { return ncclBroadcast(memory, memory, n, type, root, comm, stream); }
Result ncclAllGather(const void* from, void* to, size_t n, int type, Comm* comm, void* stream) {
  return collective(comm, from, to, stream, [=](Call& c) {
    size_t bytes = n * SIZES[type];
    for (char* t : c.to)
      for (size_t r = 0; r < c.from.size(); r++) memmove(t + r * bytes, c.from[r], bytes);
  });
}
Result ncclReduceScatter(const void* from, void* to, size_t n, int type, int op, Comm* comm, void* stream) {
  if (!adds(type)) return INVALID_ARGUMENT;
  return collective(comm, from, to, stream, [=](Call& c) {
    std::vector<char> sum(n * c.to.size() * SIZES[type]);
    combine(c.from, sum.data(), n * c.to.size(), type, op);
    for (size_t r = 0; r < c.to.size(); r++) memcpy(c.to[r], sum.data() + r * n * SIZES[type], n * SIZES[type]);
  });
}
Result ncclAlltoAll(const void* from, void* to, size_t n, int type, Comm* comm, void* stream) {
  return collective(comm, from, to, stream, [=](Call& c) {
    size_t bytes = n * SIZES[type];
    for (size_t r = 0; r < c.to.size(); r++)
      for (size_t s = 0; s < c.from.size(); s++) memcpy(c.to[r] + s * bytes, c.from[s] + r * bytes, bytes);
  });
}
Result ncclSend(const void* from, size_t n, int type, int peer, Comm* comm, void* stream) {
  return message(comm, comm->rank, peer, const_cast<void*>(from), n * SIZES[type], stream);
}
Result ncclRecv(void* to, size_t n, int type, int peer, Comm* comm, void* stream) {
  return message(comm, peer, comm->rank, to, n * SIZES[type], stream);
}
Result ncclGroupStart() { return SUCCESS; }
Result ncclGroupEnd() { return SUCCESS; }
}
