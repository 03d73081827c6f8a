"""Writes resources/parity/distributions.json: draws, log-probabilities, gradients, moments and KL divergences of torch.distributions.

    python distributions.py           # torch 2.13, CPU

"cases": {"name", "dtype", "params", "other", ...}. The name is a key of DistributionsParityTest's table, which makes the distribution from
"params". What else a case has is the result of Python's method of that name, if there is one: "sample" of shape [2] after manual_seed(3);
"rsample" likewise and "rsample_grad", the gradients of sum(rsample * cos(i)) by the parameters; "log_prob" and "cdf" of the sample, or of
"value" where there is one; "log_prob_grad", the gradients of its sum by the parameters; "icdf" of 0.3.
"kl": {"p", "q", "dtype", "value", "grad"}: KL of p with its "params" from q with its "other" parameters, and gradients of the finite ones'
sum by all parameters of p, then q; not of Wishart, where Python detaches p. "transforms": {"name", "x", "y", "inverse", "log_det", …} in float64. "squashed" is
explained below. Numbers that JSON lacks are texts.
"""
from golden import RESOURCES, exact, write
import math
import torch  # after golden, which chooses its instructions
import torch.distributions as D
import torch.distributions.constraints as C
import torch.distributions.transforms as T
import warnings

SPD = [[2.0, 0.5, 0.1], [0.5, 1.5, -0.3], [0.1, -0.3, 1.0]]
SPD2 = [[1.0, -0.2, 0.3], [-0.2, 2.0, 0.4], [0.3, 0.4, 1.5]]
TRIL = [[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.1]]
TRIL2 = [[0.8, 0.0, 0.0], [-0.1, 1.3, 0.0], [0.5, 0.6, 0.7]]
LOC, LOC2 = [[0.5, -1.0, 2.0], [0.0, 0.3, -0.4]], [[0.1, 0.2, 0.3], [-0.5, 0.6, 1.0]]
PROBS, PROBS2 = [[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]], [[0.1, 0.3, 0.6], [0.25, 0.25, 0.5]]
LOGITS, LOGITS2 = [[0.2, -0.5, 1.3], [0.7, 2.0, -0.1]], [[0.1, 0.3, -0.6], [-0.25, 0.5, 0.5]]
LS = ({"loc": [0.5, -1.0, 2.0], "scale": [1.0, 2.0, 0.5]}, {"loc": [0.1, 0.3, -0.7], "scale": [0.7, 1.5, 2.5]})
P = ({"probs": [0.2, 0.5, 0.85]}, {"probs": [0.4, 0.3, 0.6]})
L = ({"logits": [-0.3, 1.5, 0.4]}, {"logits": [0.3, -0.5, 1.1]})
AB = ({"concentration1": [0.6, 2.0, 3.5], "concentration0": [1.5, 2.5, 0.8]}, {"concentration1": [1.2, 0.7, 2.0], "concentration0": [0.9, 3.0, 1.1]})
CR = ({"concentration": [0.6, 2.0, 7.5], "rate": [1.5, 0.5, 2.0]}, {"concentration": [1.2, 0.7, 3.0], "rate": [0.9, 3.0, 1.1]})

# name: (Python's class or function of the parameters, parameters, other parameters)
CASES = {
    "Normal": (D.Normal, *LS),
    "Uniform": (D.Uniform, {"low": [0.1, -1.0, 0.25], "high": [0.6, 2.0, 0.75]}, {"low": [0.0, -2.0, 0.3], "high": [1.0, 2.5, 3.0]}),
    "Bernoulli": (D.Bernoulli, *P),
    "Bernoulli of logits": (D.Bernoulli, *L),
    "Categorical": (D.Categorical, {"probs": PROBS}, {"probs": PROBS2}),
    "Categorical of logits": (D.Categorical, {"logits": LOGITS}, {"logits": LOGITS2}),
    "Poisson": (D.Poisson, {"rate": [0.4, 3.0, 20.0]}, {"rate": [1.0, 2.0, 15.0]}),
    "Gamma": (D.Gamma, *CR),
    "Chi2": (D.Chi2, {"df": [1.5, 4.0, 9.0]}, {"df": [2.5, 3.0, 1.0]}),
    "Beta": (D.Beta, *AB),
    "Dirichlet": (D.Dirichlet, {"concentration": [[0.6, 2.0, 3.5], [0.5, 0.4, 0.3]]}, {"concentration": [[1.0, 1.0, 2.0], [3.0, 0.4, 0.8]]}),
    "Independent": (lambda loc, scale: D.Independent(D.Normal(loc, scale), 1), {"loc": LOC, "scale": [0.5, 1.0, 2.0]},
                    {"loc": LOC2, "scale": [1.5, 0.7, 1.0]}),
    "MultivariateNormal of covariance": (lambda loc, matrix: D.MultivariateNormal(loc, matrix), {"loc": LOC, "matrix": SPD},
                                         {"loc": LOC2, "matrix": SPD2}),
    "MultivariateNormal of precision": (lambda loc, matrix: D.MultivariateNormal(loc, precision_matrix=matrix), {"loc": LOC, "matrix": SPD},
                                        {"loc": LOC2, "matrix": SPD2}),
    "MultivariateNormal of scale_tril": (lambda loc, matrix: D.MultivariateNormal(loc, scale_tril=matrix), {"loc": LOC, "matrix": [TRIL, TRIL2]},
                                         {"loc": LOC2, "matrix": [TRIL2, TRIL]}),
    "Exponential": (D.Exponential, {"rate": [0.4, 1.0, 3.0]}, {"rate": [1.0, 2.0, 0.7]}),
    "Laplace": (D.Laplace, *LS),
    "Cauchy": (D.Cauchy, *LS),
    "StudentT": (D.StudentT, {"df": [0.9, 1.7, 5.0], **LS[0]}, {"df": [3.0, 2.5, 4.0], **LS[1]}),
    "FisherSnedecor": (D.FisherSnedecor, {"df1": [1.5, 4.0, 6.0], "df2": [1.8, 3.5, 9.0]}, {"df1": [2.5, 3.0, 1.0], "df2": [2.0, 4.0, 6.0]}),
    "GeneralizedPareto": (D.GeneralizedPareto, {**LS[0], "concentration": [0.0, 0.3, -0.4]}, {**LS[1], "concentration": [0.6, 1.2, 0.1]}),
    "Gumbel": (D.Gumbel, *LS),
    "HalfCauchy": (D.HalfCauchy, {"scale": [1.0, 2.0, 0.5]}, {"scale": [0.7, 1.5, 2.5]}),
    "HalfNormal": (D.HalfNormal, {"scale": [1.0, 2.0, 0.5]}, {"scale": [0.7, 1.5, 2.5]}),
    "InverseGamma": (D.InverseGamma, *CR),
    "Kumaraswamy": (D.Kumaraswamy, *AB),
    "LogNormal": (D.LogNormal, *LS),
    "LogisticNormal": (D.LogisticNormal, {"loc": LOC, "scale": [0.5, 1.0, 2.0]}, {"loc": LOC2, "scale": [1.5, 0.7, 1.0]}),
    "Pareto": (D.Pareto, {"scale": [0.5, 1.0, 2.0], "alpha": [0.8, 1.7, 3.5]}, {"scale": [0.4, 0.2, 3.0], "alpha": [1.1, 2.0, 3.0]}),
    "Weibull": (D.Weibull, {"scale": [0.5, 1.0, 2.0], "concentration": [1.5, 2.0, 3.5]}, {"scale": [0.4, 0.2, 3.0], "concentration": [1.1, 2.0, 3.0]}),
    "VonMises": (D.VonMises, {"loc": [0.5, -1.0, 2.0], "concentration": [0.7, 3.0, 20.0]}, {"loc": [0.1, 0.3, -0.7], "concentration": [1.0, 2.0, 5.0]}),
    "Geometric": (D.Geometric, *P),
    "Geometric of logits": (lambda logits: D.Geometric(logits=logits), *L),
    "Binomial": (lambda total_count, probs: D.Binomial(total_count.detach(), probs), {"total_count": [5.0, 5.0, 5.0], **P[0]},
                 {"total_count": [5.0, 4.0, 3.0], **P[1]}),
    "Binomial of logits": (lambda total_count, logits: D.Binomial(total_count.detach(), logits=logits), {"total_count": [4.0, 4.0, 4.0], **L[0]},
                           {"total_count": [4.0, 3.0, 4.0], **L[1]}),
    "NegativeBinomial": (lambda total_count, probs: D.NegativeBinomial(total_count, probs), {"total_count": [5.0, 1.5, 0.7], **P[0]},
                         {"total_count": [5.0, 4.0, 3.0], **P[1]}),
    "NegativeBinomial of logits": (lambda total_count, logits: D.NegativeBinomial(total_count, logits=logits), {"total_count": [5.0, 1.5, 0.7], **L[0]},
                                   {"total_count": [5.0, 4.0, 3.0], **L[1]}),
    "ContinuousBernoulli": (D.ContinuousBernoulli, {"probs": [0.2, 0.5002, 0.85]}, {"probs": [0.4, 0.3, 0.4995]}),
    "ContinuousBernoulli of logits": (lambda logits: D.ContinuousBernoulli(logits=logits), *L),
    "LogitRelaxedBernoulli": (lambda temperature, probs: D.relaxed_bernoulli.LogitRelaxedBernoulli(temperature, probs), {"temperature": 0.7, **P[0]},
                              {"temperature": 0.4, **P[1]}),
    "RelaxedBernoulli": (lambda temperature, probs: D.RelaxedBernoulli(temperature, probs), {"temperature": 0.7, **P[0]}, {"temperature": 0.4, **P[1]}),
    "RelaxedBernoulli of logits": (lambda temperature, logits: D.RelaxedBernoulli(temperature, logits=logits), {"temperature": 1.3, **L[0]},
                                   {"temperature": 0.4, **L[1]}),
    "ExpRelaxedCategorical": (lambda temperature, probs: D.relaxed_categorical.ExpRelaxedCategorical(temperature, probs),
                              {"temperature": 0.7, "probs": PROBS}, {"temperature": 0.4, "probs": PROBS2}),
    "RelaxedOneHotCategorical": (lambda temperature, probs: D.RelaxedOneHotCategorical(temperature, probs), {"temperature": 0.7, "probs": PROBS},
                                 {"temperature": 0.4, "probs": PROBS2}),
    "RelaxedOneHotCategorical of logits": (lambda temperature, logits: D.RelaxedOneHotCategorical(temperature, logits=logits),
                                           {"temperature": 1.3, "logits": LOGITS}, {"temperature": 0.4, "logits": LOGITS2}),
    "OneHotCategorical": (D.OneHotCategorical, {"probs": PROBS}, {"probs": PROBS2}),
    "OneHotCategorical of logits": (D.OneHotCategorical, {"logits": LOGITS}, {"logits": LOGITS2}),
    "OneHotCategoricalStraightThrough": (D.OneHotCategoricalStraightThrough, {"probs": PROBS}, {"probs": PROBS2}),
    "Multinomial": (lambda probs: D.Multinomial(6, probs), {"probs": PROBS}, {"probs": PROBS2}),
    "Multinomial of logits": (lambda logits: D.Multinomial(6, logits=logits), {"logits": LOGITS}, {"logits": LOGITS2}),
    "MixtureSameFamily": (lambda probs, loc, scale: D.MixtureSameFamily(D.Categorical(probs), D.Normal(loc, scale)),
                          {"probs": PROBS, "loc": LOC, "scale": [0.5, 1.0, 2.0]}, {"probs": PROBS2, "loc": LOC2, "scale": [1.5, 0.7, 1.0]}),
    "MixtureSameFamily of vectors": (lambda probs, loc, scale: D.MixtureSameFamily(D.Categorical(probs), D.Independent(D.Normal(loc, scale), 1)),
                                     {"probs": PROBS, "loc": [LOC + [[1.0, 2.0, 3.0]], LOC2 + [[3.0, 2.0, 1.0]]], "scale": [0.5, 1.0, 2.0]},
                                     {"probs": PROBS2, "loc": [LOC2 + [[1.0, 2.0, 3.0]], LOC + [[3.0, 2.0, 1.0]]], "scale": [0.5, 1.0, 2.0]}),
    "LKJCholesky": (lambda concentration: D.LKJCholesky(3, concentration), {"concentration": [0.5, 1.0, 2.5]}, {"concentration": [1.5, 2.0, 0.5]}),
    "LowRankMultivariateNormal": (D.LowRankMultivariateNormal, {"loc": LOC, "cov_factor": [[1.0, 0.2], [-0.5, 0.4], [0.3, 0.8]], "cov_diag": [0.5, 1.0, 2.0]},
                                  {"loc": LOC2, "cov_factor": [[0.7, -0.2], [0.5, 0.3], [0.1, 1.2]], "cov_diag": [1.5, 0.4, 0.8]}),
    "Wishart of covariance": (lambda df, matrix: D.Wishart(df, matrix), {"df": 4.5, "matrix": SPD}, {"df": 5.0, "matrix": SPD2}),
    "Wishart of precision": (lambda df, matrix: D.Wishart(df, precision_matrix=matrix), {"df": 4.5, "matrix": SPD}, {"df": 5.0, "matrix": SPD2}),
    "Wishart of scale_tril": (lambda df, matrix: D.Wishart(df, scale_tril=matrix), {"df": 6.5, "matrix": TRIL}, {"df": 5.0, "matrix": TRIL2}),
    "TransformedDistribution": (lambda loc, scale: D.TransformedDistribution(D.Normal(loc, scale), [T.TanhTransform(), T.AffineTransform(1.0, -2.0)]), *LS),
    "TransformedDistribution of vectors": (lambda loc, scale: D.TransformedDistribution(
        D.Normal(loc, scale), [T.IndependentTransform(T.SoftplusTransform(), 1), T.StickBreakingTransform()]),
        {"loc": LOC, "scale": [0.5, 1.0, 2.0]}, {"loc": LOC2, "scale": [1.5, 0.7, 1.0]}),
}

PROPERTIES = ["mean", "mode", "variance", "stddev"]


def numbers(t):
    """The tensor in the form of Golden.tensor; NaN and infinities as Java's texts."""
    t = t.detach()
    if not t.dtype.is_floating_point:
        return {"shape": list(t.shape), "dtype": "int64", "values": t.long().flatten().tolist()}
    text = lambda v: "NaN" if math.isnan(v) else "Infinity" if v > 0 else "-Infinity"
    finite = iter(exact(t[torch.isfinite(t)]))
    values = [next(finite) if math.isfinite(v) else text(v) for v in t.flatten().tolist()]
    return {"shape": list(t.shape), "dtype": str(t.dtype)[6:], "values": values}


def tensors(params, dtype):
    return {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in params.items()}


def made(name, which, dtype):
    torch.set_default_dtype(dtype)  # GeneralizedPareto compares with a tensor of the default type
    params = tensors(CASES[name][which], dtype)
    return CASES[name][0](**params), list(params.values())


def gradients(y, params):
    w = torch.arange(y.numel(), dtype=torch.float64).cos().to(y.dtype).reshape(y.shape)
    keep = torch.isfinite(y)
    found = torch.autograd.grad((y * w)[keep].sum(), params, retain_graph=True, allow_unused=True)
    return [numbers(g if g is not None else torch.zeros_like(p)) for g, p in zip(found, params)]


def case(name, dtype):
    d, params = made(name, 1, dtype)
    out = {"name": name, "dtype": str(dtype)[6:], "params": {k: numbers(torch.tensor(v, dtype=dtype)) for k, v in CASES[name][1].items()},
           "other": {k: numbers(torch.tensor(v, dtype=dtype)) for k, v in CASES[name][2].items()},
           "batch_shape": list(d.batch_shape), "event_shape": list(d.event_shape)}

    def put(key, make):
        try:
            out[key] = numbers(make())
        except NotImplementedError:
            pass

    for key in PROPERTIES:
        put(key, lambda: getattr(d, key))
    put("entropy", d.entropy)
    if d.has_enumerate_support:
        put("enumerate_support", d.enumerate_support)
    torch.manual_seed(3)
    value = d.sample((2,))
    out["sample"] = numbers(value)
    if d.has_rsample or name == "LogitRelaxedBernoulli":  # which has one, though Python says not
        torch.manual_seed(3)
        y = d.rsample((2,))
        out["rsample"] = numbers(y)
        if y.requires_grad and "Wishart" not in name:  # whose draws Python changes in place
            out["rsample_grad"] = gradients(y, params)
    y = d.log_prob(value)
    out["log_prob"] = numbers(y)
    out["log_prob_grad"] = gradients(y, params) if y.requires_grad else []
    put("cdf", lambda: d.cdf(value))
    put("icdf", lambda: d.icdf(torch.full((1,), 0.3, dtype=dtype)))
    return out


def divergences(dtype):
    for p in CASES:
        for q in CASES:
            if (" of " in p or " of " in q) and p != q:
                continue
            a, ap = made(p, 1, dtype)
            b, bp = made(q, 2, dtype)
            try:
                kl = D.kl_divergence(a, b)
            except NotImplementedError:
                continue
            yield {"p": p, "q": q, "dtype": str(dtype)[6:], "value": numbers(kl),
                   "grad": gradients(kl, ap + bp) if kl.requires_grad and torch.isfinite(kl).any() and "Wishart" not in p else []}


def double(x):
    return torch.tensor(x, dtype=torch.float64)


TRANSFORMS = {
    "Exp": (T.ExpTransform(), [0.5, -1.0, 2.0]),
    "inverse of Exp": (T.ExpTransform().inv, [0.5, 1.0, 2.0]),
    "Power": (T.PowerTransform(torch.tensor(-1.5, dtype=torch.float64)), [0.5, 1.0, 2.0]),
    "Sigmoid": (T.SigmoidTransform(), [0.5, -1.0, 2.0]),
    "Softplus": (T.SoftplusTransform(), [0.5, -1.0, 2.0]),
    "Tanh": (T.TanhTransform(), [0.5, -1.0, 2.0]),
    "Abs": (T.AbsTransform(), [0.5, -1.0, 2.0]),
    "Affine": (T.AffineTransform(torch.tensor(0.5, dtype=torch.float64), torch.tensor([-2.0, 1.5, 0.5], dtype=torch.float64), 1), LOC),
    "Compose": (T.ComposeTransform([T.ExpTransform(), T.StickBreakingTransform()]), LOC),
    "Independent": (T.IndependentTransform(T.ExpTransform(), 1), LOC),
    "Reshape": (T.ReshapeTransform((3,), (3, 1)), LOC),
    "CorrCholesky": (T.CorrCholeskyTransform(), [[0.5, -0.3, 0.2, 0.1, 0.9, -1.2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]),
    "Softmax": (T.SoftmaxTransform(), LOC),
    "StickBreaking": (T.StickBreakingTransform(), LOC),
    "LowerCholesky": (T.LowerCholeskyTransform(), SPD),
    "PositiveDefinite": (T.PositiveDefiniteTransform(), SPD),
    "Cat": (T.CatTransform([T.ExpTransform(), T.TanhTransform()], 1, [1, 2]), LOC),
    "Stack": (T.StackTransform([T.ExpTransform(), T.TanhTransform(), T.SoftplusTransform()], 1), LOC),
    "CumulativeDistribution": (T.CumulativeDistributionTransform(D.Normal(double(0.5), double(2.0))), [0.5, -1.0, 2.0]),
    "bijection of real_vector": (D.biject_to(C.real_vector), LOC),
    "bijection of positive": (D.biject_to(C.positive), [0.5, -1.0, 2.0]),
    "bijection of greater_than": (D.biject_to(C.greater_than(double(1.5))), [0.5, -1.0, 2.0]),
    "bijection of less_than": (D.biject_to(C.less_than(double(1.5))), [0.5, -1.0, 2.0]),
    "bijection of unit_interval": (D.biject_to(C.unit_interval), [0.5, -1.0, 2.0]),
    "bijection of interval": (D.biject_to(C.interval(double([-1.0, 0.0, 2.0]), double([1.0, 3.0, 7.0]))), [0.5, -1.0, 2.0]),
    "bijection of simplex": (D.biject_to(C.simplex), LOC),
    "transform of simplex": (D.transform_to(C.simplex), LOC),
    "transform of lower_cholesky": (D.transform_to(C.lower_cholesky), SPD),
    "transform of positive_definite": (D.transform_to(C.positive_definite), SPD),
    "bijection of corr_cholesky": (D.biject_to(C.corr_cholesky), [0.5, -0.3, 0.2, 0.1, 0.9, -1.2]),
    "bijection of cat": (D.biject_to(C.cat([C.positive, C.unit_interval], 1, [1, 2])), LOC),
    "bijection of stack": (D.biject_to(C.stack([C.positive, C.real, C.greater_than(double(2.0))], 1)), LOC),
}


def transform(name):
    t, x = TRANSFORMS[name]
    x = torch.tensor(x, dtype=torch.float64)
    y = t(x)
    out = {"name": name, "x": numbers(x), "y": numbers(y), "inverse": numbers(t.inv(y)), "bijective": t.bijective,
           "domain": t.domain.event_dim, "codomain": t.codomain.event_dim}
    try:
        out["log_det"] = numbers(t.log_abs_det_jacobian(x, y))
    except NotImplementedError:
        pass
    return out


def squashed():
    """Draws that a hyperbolic tangent rounds to 1 or -1 in float32, and their log-probabilities by Python's cache of the inputs."""
    torch.manual_seed(3)
    d = D.TransformedDistribution(D.Normal(torch.tensor([8.0, -9.0, 10.0], dtype=torch.float32), torch.tensor(1.0, dtype=torch.float32)), [T.TanhTransform(cache_size=1)])
    draw = d.rsample((2,))
    return {"draw": numbers(draw), "log_prob": numbers(d.log_prob(draw))}


def main():
    warnings.simplefilter("ignore")  # of Wishart, which calls every first draw singular
    dtypes = [torch.float32, torch.float64]
    write({"cases": [case(name, t) for t in dtypes for name in CASES], "kl": [k for t in dtypes for k in divergences(t)],
           "transforms": [transform(name) for name in TRANSFORMS], "squashed": squashed()},
          RESOURCES / "parity" / "distributions.json")


if __name__ == "__main__":
    main()
