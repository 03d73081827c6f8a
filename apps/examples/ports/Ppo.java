import panatorch.*;
import panatorch.distributions.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.init.Init;
import panatorch.optim.*;

// PPO (Schulman et al. 2017) in float64: 32 pucks are to rest at the origin. An action is a thrust, of Normal, and a brake, of Categorical.
//
// A step is a rollout and its epochs. Prints the mean reward and the mean loss.

static final int ENVS = 32, STEPS = 16, EPOCHS = 4, MINIBATCHES = 4;
static final double GAMMA = 0.99, LAMBDA = 0.95, CLIP = 0.2, ENTROPY = 0.01, VALUE = 0.5;

static Linear layer(Linear layer, double std) {
    Init.orthogonal_(layer.weight(), std);
    Init.zeros_(layer.bias());
    return layer;
}

record Action(Tensor thrust, Tensor brake, Tensor logProb, Tensor entropy, Tensor value) {}

static class Agent extends Module {
    final Module critic = child("critic", new Sequential(layer(new Linear(4, 64), Math.sqrt(2)), new Tanh(), layer(new Linear(64, 1), 1)));
    final Module body = child("body", new Sequential(layer(new Linear(4, 64), Math.sqrt(2)), new Tanh()));
    final Module thrust = child("thrust", layer(new Linear(64, 2), 0.01)), brake = child("brake", layer(new Linear(64, 2), 0.01));
    final Tensor logStd = parameter("logstd", Torch.zeros(2));

    Action act(Tensor obs, Tensor... taken) {
        Tensor h = body.call(obs), mean = thrust.call(h);
        var thrusts = Normal.of(mean, logStd.expandAs(mean).exp());
        var brakes = Categorical.ofLogits(brake.call(h));
        Tensor thrust = taken.length > 0 ? taken[0] : thrusts.sample(), brake = taken.length > 0 ? taken[1] : brakes.sample();
        Tensor logProb = thrusts.logProb(thrust).sum(-1).add(brakes.logProb(brake));
        return new Action(thrust, brake, logProb, thrusts.entropy().sum(-1).add(brakes.entropy()), critic.call(obs).squeeze(-1));
    }
}

static class Pucks {
    Tensor obs = fresh(), reward, done;

    static Tensor fresh() { return Aten.cat(List.of(Torch.rand(ENVS, 2).mul(2).sub(1), Torch.zeros(ENVS, 2)), 1); }

    void step(Tensor thrust, Tensor brake) {
        var parts = obs.split(2, 1);
        Tensor old = parts.get(1);
        Tensor velocity = Aten.where(brake.unsqueeze(1).eq(1), old.mul(0.5), old.add(thrust.clamp(-1, 1).mul(0.1)));
        Tensor position = parts.get(0).add(velocity.mul(0.1));
        reward = Linalg.norm(position, 2, 1).neg().sub(Linalg.norm(velocity, 2, 1).mul(0.1));
        done = position.abs().amax(1).gt(1.5).to(DType.FLOAT64);
        obs = Aten.where(done.eq(1).unsqueeze(1), fresh(), Aten.cat(List.of(position, velocity), 1));
    }
}

List<Tensor> rollout(Agent agent, Pucks envs) {
    try (var off = NoGrad.enter()) {
        var rows = new ArrayList<List<Tensor>>();
        for (int t = 0; t < STEPS; t++) {
            Tensor obs = envs.obs;
            var a = agent.act(obs);
            envs.step(a.thrust, a.brake);
            rows.add(List.of(obs, a.thrust, a.brake, a.logProb, a.value, envs.reward, envs.done));
        }
        var columns = IntStream.range(0, 7).mapToObj(c -> Aten.stack(rows.stream().map(row -> row.get(c)).toList())).toList();
        Tensor value = columns.get(4), reward = columns.get(5), alive = columns.get(6).rsub(1);
        Tensor advantages = reward.zerosLike(), last = Torch.zeros(ENVS), next = agent.critic.call(envs.obs).squeeze(-1);
        for (int t = STEPS - 1; t >= 0; t--) {
            Tensor delta = reward.get(t).add(next.mul(GAMMA).mul(alive.get(t))).sub(value.get(t));
            last = delta.add(last.mul(GAMMA * LAMBDA).mul(alive.get(t)));
            advantages.at(t).set(last);
            next = value.get(t);
        }
        return Stream.concat(columns.stream().limit(4), Stream.of(advantages, advantages.add(value), reward)).map(c -> c.flatten(0, 1))
                .toList();
    }
}

Tensor loss(Agent agent, List<Tensor> batch) {
    var now = agent.act(batch.get(0), batch.get(1), batch.get(2));
    Tensor ratio = now.logProb.sub(batch.get(3)).exp(), advantages = batch.get(4);
    Tensor loss = advantages.sub(advantages.mean()).div(advantages.std().add(1e-8)).neg();
    Tensor policyLoss = loss.mul(ratio).maximum(loss.mul(ratio.clamp(1 - CLIP, 1 + CLIP))).mean();
    return policyLoss.sub(now.entropy.mean().mul(ENTROPY)).add(now.value.sub(batch.get(5)).pow(2).mean().mul(0.5 * VALUE));
}

void main(String... args) {
    Torch.setDefaultDtype(DType.FLOAT64);
    Torch.manualSeed(1);
    try (var scope = Scope.open(); var agent = new Agent();
            var optimizer = new Adam(agent.parameters(), Adam.options(2.5e-3).eps(1e-5))) {
        var envs = new Pucks();
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            var batch = rollout(agent, envs);
            var losses = new ArrayList<Double>();
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                for (Tensor indices : Torch.randperm(ENVS * STEPS).chunk(MINIBATCHES)) {
                    Tensor loss = loss(agent, batch.stream().map(column -> column.get(indices)).toList());
                    optimizer.zeroGrad();
                    loss.backward();
                    ClipGrad.norm_(agent.parameters(), 0.5);
                    optimizer.step();
                    losses.add(loss.itemDouble());
                }
            }
            tensors.keep(envs.obs);
            IO.println(batch.get(6).mean().itemDouble() + " " + losses.stream().mapToDouble(x -> x).average().orElseThrow());
        }
    }
}
