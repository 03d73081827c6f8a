"""PPO (Schulman et al. 2017) in float64: 32 pucks are to rest at the origin. An action is a thrust, of Normal, and a brake, of Categorical.

A step is a rollout and its epochs. Prints the mean reward and the mean loss.
"""
import sys

import torch
import torch.nn as nn
from torch.distributions import Categorical, Normal

ENVS, STEPS, EPOCHS, MINIBATCHES, GAMMA, LAMBDA, CLIP, ENT_COEF, VF_COEF = 32, 16, 4, 4, 0.99, 0.95, 0.2, 0.01, 0.5


def layer_init(layer, std=2 ** 0.5, bias_const=0.0):
    nn.init.orthogonal_(layer.weight, std)
    nn.init.constant_(layer.bias, bias_const)
    return layer


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.critic = nn.Sequential(layer_init(nn.Linear(4, 64)), nn.Tanh(), layer_init(nn.Linear(64, 1), std=1.0))
        self.body = nn.Sequential(layer_init(nn.Linear(4, 64)), nn.Tanh())
        self.thrust = layer_init(nn.Linear(64, 2), std=0.01)
        self.brake = layer_init(nn.Linear(64, 2), std=0.01)
        self.logstd = nn.Parameter(torch.zeros(2))

    def get_action_and_value(self, obs, thrust=None, brake=None):
        h = self.body(obs)
        mean = self.thrust(h)
        thrusts, brakes = Normal(mean, self.logstd.expand_as(mean).exp()), Categorical(logits=self.brake(h))
        if thrust is None:
            thrust, brake = thrusts.sample(), brakes.sample()
        logprob = thrusts.log_prob(thrust).sum(-1) + brakes.log_prob(brake)
        return thrust, brake, logprob, thrusts.entropy().sum(-1) + brakes.entropy(), self.critic(obs).squeeze(-1)


class Pucks:
    def __init__(self):
        self.obs = torch.cat([torch.rand(ENVS, 2) * 2 - 1, torch.zeros(ENVS, 2)], 1)

    def step(self, thrust, brake):
        position, velocity = self.obs.split(2, 1)
        velocity = torch.where(brake[:, None] == 1, velocity * 0.5, velocity + 0.1 * thrust.clamp(-1, 1))
        position = position + 0.1 * velocity
        reward = -position.norm(dim=1) - 0.1 * velocity.norm(dim=1)
        done = position.abs().amax(1) > 1.5
        fresh = torch.cat([torch.rand(ENVS, 2) * 2 - 1, torch.zeros(ENVS, 2)], 1)
        self.obs = torch.where(done[:, None], fresh, torch.cat([position, velocity], 1))
        return self.obs, reward, done.double()


def rollout(agent, envs):
    rows = []
    with torch.no_grad():
        for _ in range(STEPS):
            obs = envs.obs
            thrust, brake, logprob, _, value = agent.get_action_and_value(obs)
            _, reward, done = envs.step(thrust, brake)
            rows.append((obs, thrust, brake, logprob, value, reward, done))
        obs, thrust, brake, logprob, value, reward, done = (torch.stack(column) for column in zip(*rows))
        advantages, last, next_value = torch.zeros_like(reward), torch.zeros(ENVS), agent.critic(envs.obs).squeeze(-1)
        for t in reversed(range(STEPS)):
            delta = reward[t] + GAMMA * next_value * (1 - done[t]) - value[t]
            last = delta + GAMMA * LAMBDA * (1 - done[t]) * last
            advantages[t], next_value = last, value[t]
    batch = [column.flatten(0, 1) for column in (obs, thrust, brake, logprob, advantages, advantages + value)]
    return batch, reward.mean()


def loss_of(agent, obs, thrust, brake, logprob, advantages, returns):
    _, _, newlogprob, entropy, newvalue = agent.get_action_and_value(obs, thrust, brake)
    ratio = (newlogprob - logprob).exp()
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    pg_loss = torch.max(-advantages * ratio, -advantages * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
    v_loss = 0.5 * ((newvalue - returns) ** 2).mean()
    return pg_loss - ENT_COEF * entropy.mean() + VF_COEF * v_loss


def main(steps):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    agent, envs = Agent(), Pucks()
    optimizer = torch.optim.Adam(agent.parameters(), lr=2.5e-3, eps=1e-5)
    for step in range(steps):
        batch, reward = rollout(agent, envs)
        losses = []
        for epoch in range(EPOCHS):
            for indices in torch.randperm(ENVS * STEPS).chunk(MINIBATCHES):
                loss = loss_of(agent, *(column[indices] for column in batch))
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
                losses.append(loss.item())
        print(reward.item(), sum(losses) / len(losses))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
